"""The larger the group, the surer it has to be who takes it on."""

from datetime import timedelta

import pytest

from credit import policy
from credit.evaluation import Action, evaluate
from identity.models.verifications import GRACE
from tests.factories.identity import AccountFactory, UserFactory, VerificationFactory

CODE = "verification-level"
MOMENT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db


def ask(account, size, at, *, action=Action.OWN_GROUP, platform=None, **known):
    return evaluate(
        account=account,
        action=action,
        group_id=None,
        group_size=size,
        at=at,
        platform_id=(platform or account.platform).pk,
        **known,
    )


def codes(*args, **known):
    return [reason.code for reason in ask(*args, **known).reasons]


@pytest.mark.parametrize(
    ("held", "size", "expected"),
    [
        (None, 500, []),
        (None, 501, [CODE]),
        ("BASIC", 501, [CODE]),
        ("SUBSTANTIAL", 501, []),
        ("SUBSTANTIAL", 5000, []),
        ("SUBSTANTIAL", 5001, [CODE]),
        ("HIGH", 5001, []),
    ],
)
def test_the_level_rises_with_the_size(account, at, held, size, expected):
    if held:
        VerificationFactory(account=account, level=held)

    assert codes(account, size, at) == expected


def test_the_reason_says_what_is_asked_for_and_where_to_get_it(account, at):
    [reason] = ask(account, 6000, at).reasons

    assert reason.sentence == (
        "Whoever takes on a group of more than 5000 members needs a verified identity of the level"
        " “High” or higher, and this account has none now. It can be verified on the service."
    )
    assert (reason.until, reason.decision_ids) == (None, ())


@pytest.mark.parametrize(
    "over",
    [{"expires_at": -14}, {"revoked_at": 0}, {"verified_at": 1}],
    ids=["ended", "revoked", "to come"],
)
def test_an_attestation_counts_while_it_holds(account, at, over):
    [(field, days)] = over.items()
    reason = {"revoked_reason": "Mistaken.", "revoked_by": UserFactory()}
    reason = reason if field == "revoked_at" else {}
    VerificationFactory(account=account, **{field: at + timedelta(days=days)}, **reason)

    assert codes(account, 501, at) == [CODE]
    assert codes(account, 501, at - timedelta(seconds=1)) == (
        [CODE] if field == "verified_at" else []
    )


def test_it_concerns_groups_that_are_taken_on(account, at):
    assert codes(account, 9000, at, owns_it_already=True) == []
    assert codes(account, 9000, at, action=Action.MANAGE_GROUP) == []
    assert codes(account, 9000, at, action=Action.CREATE_GROUP) == []
    assert codes(account, None, at) == []


def test_an_account_that_nobody_knows_has_no_attestation(policy, platform, at):
    AccountFactory(platform=platform)

    assert codes(None, 501, at, platform=platform) == [CODE]


def test_a_policy_says_its_own_or_asks_for_none():
    document = policy.DEFAULT_DOCUMENT
    own = policy.parse(document | {"verification": [{"above": 10, "level": "BASIC"}]})
    none = policy.parse(document | {"verification": []})

    assert [own.level_for(size) and own.level_for(size).level for size in (10, 11)] == [
        None,
        "BASIC",
    ]
    assert none.level_for(1_000_000) is None


def test_a_policy_with_a_level_that_is_none_is_refused():
    document = policy.DEFAULT_DOCUMENT | {"verification": [{"above": 10, "level": "SURE"}]}

    with pytest.raises(policy.InvalidPolicy, match="cannot be used"):
        policy.parse(document)


@pytest.mark.parametrize(
    ("since_end", "expected"),
    [(timedelta(0), []), (GRACE - MOMENT, []), (GRACE, [CODE])],
)
def test_what_rests_on_an_attestation_goes_on_for_two_weeks_after_its_end(
    account, at, since_end, expected
):
    VerificationFactory(account=account, expires_at=at - since_end)

    assert codes(account, 501, at) == expected


def test_a_revoked_attestation_has_no_grace(account, at):
    VerificationFactory(
        account=account,
        expires_at=at - timedelta(days=1),
        revoked_at=at - timedelta(days=2),
        revoked_by=UserFactory(),
        revoked_reason="Wrong person.",
    )

    assert codes(account, 501, at) == [CODE]
