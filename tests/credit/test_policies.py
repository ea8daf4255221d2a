"""A policy document says what is wrong with it; its versions move by two people's hands."""

import copy

import jsonschema
import pytest
from django.db import transaction

from credit import policy as policy_documents
from credit.actions import policies
from credit.models import Policy
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.credit import findings
from tests.factories.identity import UserFactory

SYSTEM = Actor.system("tests")


def changed(*path, to):
    document = copy.deepcopy(policy_documents.DEFAULT_DOCUMENT)
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return document


def test_the_shipped_policy_is_valid_and_fits_its_schema():
    policy_documents.parse(policy_documents.DEFAULT_DOCUMENT)
    schema = policy_documents.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(policy_documents.DEFAULT_DOCUMENT, schema)


def test_no_single_finding_below_critical_costs_a_privilege():
    document = policy_documents.parse(policy_documents.DEFAULT_DOCUMENT)
    tiers = {
        severity: document.tier_at(document.starting_score - document.terms_of(severity).points)
        for severity in policy_documents.SEVERITIES
    }
    assert {severity: tier.name for severity, tier in tiers.items()} == {
        "LOW": "Good standing",
        "MEDIUM": "Good standing",
        "HIGH": "Under watch",
        "CRITICAL": "Suspended",
    }
    assert len(tiers["HIGH"].privileges) == 3


@pytest.mark.parametrize(
    ("document", "pointer", "sentence"),
    [
        ([], "#", "This must be an object, not a list."),
        ({}, "#", "“starting_score” is missing. Add it."),
        (
            changed("secret", to=1),
            "#",
            "“secret” is nothing a policy knows. Remove it or correct its name.",
        ),
        (
            changed("tiers", 0, "at_least", to="ten"),
            "#/tiers/0/at_least",
            "tiers › 0 › at_least: This must be a whole number, not a text.",
        ),
        (
            changed("severities", "LOW", "points", to=-1),
            "#/severities/LOW/points",
            "severities › LOW › points: This must be at least 0.",
        ),
        (
            changed("severities", "HIGH", "lifetime_days", to=9999),
            "#/severities/HIGH/lifetime_days",
            "severities › HIGH › lifetime_days: This must be at most 3650.",
        ),
        (
            changed("tiers", 1, "privileges", to=["FLY"]),
            "#/tiers/1/privileges/0",
            "tiers › 1 › privileges › 0: “FLY” is not one of the values that are possible here.",
        ),
        (
            changed("severities", "HIGH", "restored_every_days", to=365),
            "#/severities/HIGH/restored_every_days",
            (
                "A HIGH finding stops counting after 365 days: a point of it must come back before "
                "that, or none at all."
            ),
        ),
        (changed("tiers", to=[]), "#/tiers", "tiers: List at least 1."),
        (
            changed("tiers", 0, "name", to=" "),
            "#/tiers/0/name",
            "tiers › 0 › name: Write something here.",
        ),
        (
            changed("starting_score", to=13),
            "#/starting_score",
            "The starting score 13 must lie between the floor 0 and the ceiling 12.",
        ),
        (
            changed("severities", "LOW", "points", to=3),
            "#/severities/MEDIUM",
            "A MEDIUM finding must not cost less, or count for less time, than a LOW one.",
        ),
        (
            changed("tiers", 1, "name", to="Limited"),
            "#/tiers",
            "Two tiers have the same name. Give each a name of its own.",
        ),
        (
            changed("tiers", 3, "at_least", to=1),
            "#/tiers/3/at_least",
            "The last tier must begin at the floor 0, so that every score has a tier.",
        ),
        (
            changed("tiers", 1, "at_least", to=10),
            "#/tiers/1/at_least",
            "List tiers from the best to the worst: Under watch must begin below Good standing.",
        ),
        (
            changed("tiers", 2, "privileges", to=["CREATE_GROUP"])
            | {"tiers": changed("tiers", 1, "privileges", to=["OWN_GROUP"])["tiers"]},
            "#/tiers/2/privileges",
            "Limited must not bring a privilege that Under watch does not.",
        ),
        (
            changed("tiers", 2, "limits", to={"groups_owned": None}),
            "#/tiers/2/limits/groups_owned",
            "Limited must not have a wider limit than Under watch.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_with_its_place(document, pointer, sentence):
    with pytest.raises(policy_documents.InvalidPolicy) as caught:
        policy_documents.parse(document)

    assert {"pointer": pointer, "detail": sentence} in caught.value.params["errors"]


def test_the_shipped_policy_is_installed_once(platform, at):
    first = policies.install_default(platform=platform, by=SYSTEM, at=at)
    again = policies.install_default(platform=platform, by=SYSTEM, at=at)

    assert first == again
    assert (first.version, first.state, first.active_from) == (1, "ACTIVE", at)
    assert AuditEntry.objects.filter(action="policies.install_default").count() == 1


def test_the_shipped_policy_is_not_installed_beside_versions_of_the_platform(platform, at):
    drafter = Actor.user(UserFactory(is_staff=True))
    document = policy_documents.DEFAULT_DOCUMENT
    policies.draft(platform=platform, document=document, by=drafter, at=at)

    with pytest.raises(policies.NotNow, match="versions of its own"), transaction.atomic():
        policies.install_default(platform=platform, by=SYSTEM, at=at)

    assert list(Policy.objects.values_list("state", flat=True)) == ["DRAFT"]


def test_a_version_goes_from_draft_to_active_by_two_people(platform, at):
    former = policies.install_default(platform=platform, by=SYSTEM, at=at.replace(hour=1))
    drafter, approver = (Actor.user(UserFactory(is_staff=True)) for _ in range(2))

    policy = policies.draft(
        platform=platform, document=changed("starting_score", to=11), by=drafter, at=at
    )
    assert (policy.version, policy.state) == (2, "DRAFT")
    findings.simulate(policy, at=at)
    policies.approve(policy=policy, by=approver, at=at)
    policies.activate(policy=policy, by=drafter, at=at)

    former.refresh_from_db()
    assert (policy.state, policy.active_from) == ("ACTIVE", at)
    assert (former.state, former.retired_at) == ("RETIRED", at)
    actions = AuditEntry.objects.filter(record_type="credit.Policy").order_by("id")
    assert [entry.action for entry in actions] == [
        "policies.install_default",
        "policies.draft",
        "policies.simulated",
        "policies.approved",
        "policies.retired",
        "policies.active",
    ]


def test_nobody_approves_their_own_draft(platform, at):
    policies.install_default(platform=platform, by=SYSTEM, at=at)
    drafter = Actor.user(UserFactory(is_staff=True))
    policy = policies.draft(
        platform=platform, document=policy_documents.DEFAULT_DOCUMENT, by=drafter, at=at
    )
    findings.simulate(policy, at=at)

    with pytest.raises(policies.NotByThisPerson), transaction.atomic():
        policies.approve(policy=policy, by=drafter, at=at)

    policy.refresh_from_db()
    assert policy.state == "SIMULATED"


def test_a_draft_is_not_activated_and_not_approved_unsimulated(platform, at):
    drafter, other = (Actor.user(UserFactory(is_staff=True)) for _ in range(2))
    policy = policies.draft(
        platform=platform, document=policy_documents.DEFAULT_DOCUMENT, by=drafter, at=at
    )

    for move in (policies.approve, policies.activate):
        with pytest.raises(policies.NotNow), transaction.atomic():
            move(policy=policy, by=other, at=at)

    policy.refresh_from_db()
    assert policy.state == "DRAFT"


def test_a_program_neither_drafts_nor_approves(platform, at):
    with pytest.raises(policies.NotByThisPerson), transaction.atomic():
        policies.draft(
            platform=platform, document=policy_documents.DEFAULT_DOCUMENT, by=SYSTEM, at=at
        )

    assert Policy.objects.count() == 0


def test_a_document_that_is_wrong_is_not_saved(platform, at):
    by = Actor.user(UserFactory(is_staff=True))

    with pytest.raises(policy_documents.InvalidPolicy), transaction.atomic():
        policies.draft(platform=platform, document={}, by=by, at=at)

    assert Policy.objects.count() == 0
