"""The groups of the demo and who answered for them since when, as governance events."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from groups.actions import events
from groups.events import GovernanceEvent
from groups.models import Group
from identity.actions import accounts
from portal.core.models import Platform
from portal.demo.story.people import BY

LONG_NAME = (
    "Freundeskreis zur Erhaltung historischer Straßenbahnen und Oberleitungsbusse "
    "im mitteldeutschen Raum und angrenzenden Gebieten"
)

UNCLAIMED_FOR = timedelta(days=41)

# External id, name, size, owner, managers.
GROUPS = (
    ("g-harbour", "Harbour Photography", 12480, "u-ada", ("u-dario", "u-m01")),
    ("g-chess", "Chess Under 1500", 4134, "u-ada", ("u-m02",)),
    ("g-telescope", "Open Telescope Makers", 890, "u-dario", ("u-ada",)),
    ("g-plants", "Rare Plants Trade", 2210, "u-ben", ("u-m03", "u-m04")),
    ("g-lens", "Vintage Lens Swap", 640, "u-ben", ()),
    ("g-synth", "Retro Synth Builders", 1500, "u-carla", ("u-m05",)),
    ("g-crypto", "Fast Coin Signals", 3300, "u-carla", ()),
    ("g-calligraphy", "فن الخط العربي – Arabic calligraphy", 720, "u-layla", ("u-m06",)),
    (
        "g-long",
        LONG_NAME,
        310,
        "u-max",
        ("u-m07",),
    ),
    ("g-language", "Language Exchange ES–DE", 5120, "u-max", ("u-m08", "u-m09")),
    ("g-brewing", "Home Brewing 101", 260, "u-m10", ("u-m11",)),
    ("g-street", "Street Food Finder", 7800, "u-m12", ("u-m13", "u-m14")),
    ("g-nurses", "Remote Nurses", 430, "u-m15", ()),
    ("g-orphan", "Night Trains of Europe", 980, None, ("u-m16",)),
    ("g-orphan-2", "Mushroom Identification", 2400, None, ("u-max",)),
    ("g-archived", "Winter Swap 2025", 90, "u-ada", ()),
    ("g-darkroom", "Darkroom Beginners", 140, "u-ben", ()),
    *(
        (
            f"g-small-{n:02d}",
            f"Neighbours of Block {n}",
            20 + 7 * n,
            f"u-o{n:02d}",
            (f"u-n{n:02d}",),
        )
        for n in range(1, 25)
    ),
)


def load(platform: Platform, *, at: datetime) -> dict[str, Group]:
    """Ingest the past of every group, then settle; return the groups by external id."""
    members = [f"u-x{number:02d}" for number in range(40)]
    accounts.ensure(platform=platform, external_ids=members, by=BY, at=at)
    past = sorted(_history(at), key=lambda event: event.time)
    # In two parts, so that one group has been without an owner for longer than it may be claimed.
    since = at - UNCLAIMED_FOR
    for batch, when in (
        ([event for event in past if event.time <= since], since),
        ([event for event in past if event.time > since], at),
    ):
        events.ingest(platform=platform, events=batch, by=BY, at=when, history=True)
    recent = list(_recent(at))
    events.ingest(platform=platform, events=recent, by=BY, at=at)
    return {group.external_id: group for group in Group.objects.filter(platform=platform)}


def _history(at: datetime) -> Iterator[GovernanceEvent]:
    for place, (group, name, size, owner, managers) in enumerate(GROUPS):
        since = at - timedelta(days=600 - 9 * place, hours=3)
        first = owner or "u-gone"
        yield _event(group, "group.created", since, actor=first, attributes={"name": name})
        yield _event(group, "role.granted", since, actor=first, subject=first, role="owner")
        yield from _managers(group, first, managers, since)
        yield _event(group, "group.size", at - timedelta(hours=2), attributes={"size": size})
        if owner is None:
            left = at - (UNCLAIMED_FOR if group == "g-orphan-2" else timedelta(days=25))
            yield _event(group, "member.left", left, actor=first, subject=first)
        if group == "g-archived":
            yield _event(group, "group.archived", at - timedelta(days=40), actor=first)
    # Ownership that changed hands, so that the timeline of a group has a past.
    since = at - timedelta(days=610)
    yield _event("g-harbour", "role.granted", since, subject="u-founder", role="owner")
    handed_over = at - timedelta(days=410)
    yield _event("g-harbour", "role.revoked", handed_over, subject="u-founder", role="owner")


def _managers(
    group: str, owner: str, managers: Sequence[str], since: datetime
) -> Iterator[GovernanceEvent]:
    for number, manager in enumerate(managers, start=1):
        when = since + timedelta(days=20 * number)
        yield _event(group, "role.granted", when, actor=owner, subject=manager, role="manager")


def _recent(at: datetime) -> Iterator[GovernanceEvent]:
    """Moderation in the last weeks: what the log shows."""
    kinds = ("content.removed", "member.removed", "member.banned", "group.updated")
    for number in range(240):
        group, _, _, owner, managers = GROUPS[number % 14]
        actor = (managers or (owner or "u-gone",))[0]
        kind = kinds[number % 4 if number % 7 else 0]
        subject = None if kind == "group.updated" else f"u-x{number % 40:02d}"
        when = at - timedelta(hours=5 * number + 1)
        yield _event(group, kind, when, actor=actor, subject=subject, reason="rule 2")


def _event(group: str, kind: str, time: datetime, **fields: object) -> GovernanceEvent:
    subject = fields.get("subject") or ""
    return GovernanceEvent(
        kind=kind,
        source="relay",
        id=f"{group}/{kind}/{subject}/{time:%Y%m%dT%H%M}",
        time=time,
        group=group,
        **fields,  # type: ignore[arg-type]
    )
