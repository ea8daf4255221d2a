"""Policy documents that differ in every part."""

import copy

from credit.policy import DEFAULT_DOCUMENT, SEVERITIES

ALL = ["CREATE_GROUP", "OWN_GROUP", "MANAGE_GROUP"]


def terms(*, start, floor, ceiling, costs, days, back, tiers, first_low=None, duties=None):
    """A policy that says something else in every part."""
    rows = zip(SEVERITIES, costs, days, back, strict=True)
    return {
        "starting_score": start,
        "floor": floor,
        "ceiling": ceiling,
        "severities": {
            severity: {"points": points, "lifetime_days": lifetime, "restored_every_days": every}
            for severity, points, lifetime, every in rows
        },
        "duties": duties and {"restored_every_days": duties},
        "first_low_finding": first_low and {"lifetime_days": first_low},
        "tiers": [
            {"name": f"From {at_least}", "at_least": at_least, "meaning": "", "privileges": brings}
            for at_least, brings in tiers
        ],
    }


SHIPPED = DEFAULT_DOCUMENT
DOCUMENTS = [
    SHIPPED,
    # No warnings, shorter, down to below zero, and all of it comes back step by step.
    terms(
        start=8,
        floor=-6,
        ceiling=8,
        costs=(2, 3, 3, 14),
        days=(20, 60, 90, 400),
        back=(5, 25, 50, 60),
        tiers=[(6, ALL), (0, ALL[1:]), (-6, [])],
    ),
    # Points that were given back count beyond the start; a warning outlasts a LOW finding.
    terms(
        start=15,
        floor=2,
        ceiling=17,
        costs=(1, 1, 5, 12),
        days=(30, 300, 300, 1000),
        back=(None, 299, 10, None),
        duties=1,
        tiers=[(16, ALL), (14, ALL), (9, ALL[1:]), (2, [])],
        first_low=200,
    ),
    # LOW findings cost nothing at all, and nobody loses anything.
    terms(
        start=5,
        floor=5,
        ceiling=30,
        costs=(0, 4, 8, 20),
        days=(90, 180, 365, 730),
        back=(None, None, None, None),
        tiers=[(5, ALL)],
        first_low=10,
    ),
]


def giving(*, duties=None, **every):
    """Return the shipped document, in which a point comes back each so many days."""
    document = copy.deepcopy(DEFAULT_DOCUMENT)
    for severity, days in every.items():
        document["severities"][severity]["restored_every_days"] = days
    document["duties"] = {"restored_every_days": duties} if duties else None
    return document
