"""Four eyes on a policy hold in the database: each guard of its table refuses by its name."""

from datetime import timedelta

import pytest

from credit.models import Policy
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory, SimulationFactory
from tests.factories.identity import UserFactory

pytestmark = pytest.mark.django_db
STATES = ["DRAFT", "SIMULATED", "APPROVED", "ACTIVE", "RETIRED"]
LATER = AT + timedelta(days=10)


def change(policy, **fields):
    with fixture_rows():
        Policy.objects.filter(pk=policy.pk).update(**fields)


def version(platform, *, state):
    """A version that went as far as `state` by two people's hands."""
    steps = {
        "SIMULATED": {},
        "APPROVED": {"approved_by": UserFactory(), "approved_at": AT},
        "ACTIVE": {"active_from": AT},
        "RETIRED": {"retired_at": AT},
    }
    policy = PolicyFactory(
        platform=platform, state="DRAFT", drafted_by=UserFactory(), active_from=None
    )
    SimulationFactory(policy=policy)
    for step in STATES[1 : STATES.index(state) + 1]:
        change(policy, state=step, **steps[step])
    policy.refresh_from_db()
    return policy


def test_one_active_policy_per_platform(policy):
    with Breaks("one_active_policy_per_platform"):
        PolicyFactory(platform=policy.platform, version=2)


def test_a_policy_version_is_used_once(policy):
    with Breaks("a_policy_version_is_used_once"):
        PolicyFactory(
            platform=policy.platform, version=policy.version, state="DRAFT", active_from=None
        )


def test_policy_is_approved_by_another_person(platform):
    policy = version(platform, state="SIMULATED")
    with Breaks("policy_is_approved_by_another_person"):
        change(policy, state="APPROVED", approved_by=policy.drafted_by, approved_at=AT)


def test_policy_is_approved_by_whom_and_when(platform):
    with Breaks("policy_is_approved_by_whom_and_when"):
        PolicyFactory(platform=platform, approved_at=AT)


def test_a_drafted_policy_acts_only_once_approved(platform):
    with Breaks("a_drafted_policy_acts_only_once_approved"):
        PolicyFactory(platform=platform, drafted_by=UserFactory())


@pytest.mark.parametrize("state", ["DRAFT", "SIMULATED"])
def test_a_policy_is_approved_after_simulation(platform, state):
    """The terms of a draft can still change: nobody may have approved them."""
    policy = version(platform, state=state)
    with Breaks("a_policy_is_approved_after_simulation"):
        change(policy, approved_by=UserFactory(), approved_at=AT)


@pytest.mark.parametrize(
    ("state", "since"),
    [("DRAFT", AT), ("SIMULATED", AT), ("APPROVED", AT), ("ACTIVE", None)],
)
def test_a_policy_says_since_when_it_is_in_effect(platform, state, since):
    policy = version(platform, state="APPROVED" if state == "ACTIVE" else state)
    with Breaks("a_policy_says_since_when_it_is_in_effect"):
        change(policy, state=state, active_from=since)


@pytest.mark.parametrize(("state", "retired_at"), [("ACTIVE", AT), ("RETIRED", None)])
def test_a_policy_says_when_it_was_retired(policy, state, retired_at):
    with Breaks("a_policy_says_when_it_was_retired"):
        change(policy, state=state, retired_at=retired_at)


def test_policy_moves_forward_only(policy):
    with Breaks("policy_moves_forward_only"):
        change(policy, state="DRAFT")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "DRAFT", "active_from": None},
        {"state": "SIMULATED", "active_from": None},
        {"state": "APPROVED", "active_from": None},
        {"state": "ACTIVE"},
        {"state": "RETIRED", "retired_at": LATER},
    ],
    ids=lambda fields: fields["state"],
)
def test_only_the_first_policy_begins_without_a_draft(policy, fields):
    change(policy, state="RETIRED", retired_at=AT)
    with Breaks("only_the_first_policy_begins_without_a_draft"):
        PolicyFactory(platform=policy.platform, **fields)
    assert Policy.objects.count() == 1


@pytest.mark.parametrize("state", ["DRAFT", "SIMULATED", "APPROVED"])
def test_the_first_policy_is_in_effect_or_has_a_drafter(platform, state):
    """It could take effect later, beside others, by nobody's hand."""
    with Breaks("only_the_first_policy_begins_without_a_draft"):
        PolicyFactory(platform=platform, state=state, active_from=None)


def test_who_drafts_a_policy_begins_with_a_draft(platform):
    people = {"drafted_by": UserFactory(), "approved_by": UserFactory(), "approved_at": AT}
    with Breaks("only_the_first_policy_begins_without_a_draft"):
        PolicyFactory(platform=platform, **people)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("field", ["drafted_by", "platform", "drafted_at"])
def test_a_policy_keeps_its_platform_and_drafter(platform, state, field):
    policy = version(platform, state=state)
    others = {
        "drafted_by": None,
        "platform": PolicyFactory().platform,
        "drafted_at": AT,
    }
    with Breaks("a_policy_keeps_its_platform_and_drafter"):
        change(policy, **{field: others[field]})


@pytest.mark.parametrize("state", STATES[1:])
@pytest.mark.parametrize("fields", [{"document": {}}, {"version": 9999}], ids=str)
def test_a_policy_keeps_its_terms_after_simulation(platform, state, fields):
    policy = version(platform, state=state)
    with Breaks("a_policy_keeps_its_terms_after_simulation"):
        change(policy, **fields)


@pytest.mark.parametrize("state", ["APPROVED", "ACTIVE", "RETIRED"])
@pytest.mark.parametrize("field", ["approved_by", "approved_at"])
def test_a_policy_keeps_its_approval(platform, state, field):
    policy = version(platform, state=state)
    with Breaks("a_policy_keeps_its_approval"):
        change(policy, **{field: UserFactory() if field == "approved_by" else LATER})


@pytest.mark.parametrize("state", ["ACTIVE", "RETIRED"])
def test_a_policy_keeps_since_when_it_is_in_effect(platform, state):
    policy = version(platform, state=state)
    with Breaks("a_policy_keeps_since_when_it_is_in_effect"):
        change(policy, active_from=AT - timedelta(days=1))


def test_a_policy_that_was_never_in_effect_does_not_come_into_it(platform):
    policy = version(platform, state="APPROVED")
    change(policy, state="RETIRED", retired_at=AT)
    with Breaks("a_policy_keeps_since_when_it_is_in_effect"):
        change(policy, active_from=AT)


def test_a_policy_keeps_when_it_was_retired(platform):
    policy = version(platform, state="RETIRED")
    with Breaks("a_policy_keeps_when_it_was_retired"):
        change(policy, retired_at=LATER)


def test_a_policy_is_deleted_by_the_purge_only(policy):
    """Without it the platform could have a first one once more."""
    with Breaks("a_policy_is_deleted_by_the_purge_only"):
        Policy.objects.all()._raw_delete("default")
    assert Policy.objects.count() == 1
