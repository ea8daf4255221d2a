"""The constraints and triggers of identity's tables, each broken once and refused by its name."""

from datetime import timedelta

import pytest

from identity.models import IdentityAccess, StaffAssignment, User, VerificationRequest
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import (
    AccountFactory,
    ApiClientFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STATES = [state.value for state in VerificationRequest.State]
OPEN = ("PENDING", "IN_REVIEW")
# From open to any later state; only somebody who reviewed may decline.
STEPS = {(a, b) for a in OPEN for b in ("APPROVED", "EXPIRED", "WITHDRAWN")} | {
    ("PENDING", "IN_REVIEW"),
    ("IN_REVIEW", "DECLINED"),
}


def change(row, **fields):
    with fixture_rows():
        assert type(row).objects.filter(pk=row.pk).update(**fields) == 1


def assign(**fields):
    values = {"role": "REVIEWER", "assigned_at": AT}
    with fixture_rows():
        return StaffAssignment.objects.create(**(values | fields))


def test_an_email_address_is_stored_in_lower_case():
    user = UserFactory(email="Olga@Example.org")
    assert user.email == "olga@example.org"

    with Breaks("an_email_address_is_stored_in_lower_case"):
        User.objects.filter(pk=user.pk).update(email="Olga@example.org")


def test_a_role_is_held_once_on_a_platform(platform):
    user = UserFactory()
    ended = {"ended_by": UserFactory(), "ended_at": AT}
    assign(user=user, platform=platform, **ended)
    assign(user=user, platform=platform)
    assign(user=user, platform=platform, role="SENIOR")
    assign(user=user, platform=PlatformFactory())

    with Breaks("a_role_is_held_once_on_a_platform"):
        assign(user=user, platform=platform)


@pytest.mark.parametrize("left_out", ["ended_by", "ended_at"])
def test_assignment_ends_with_who_and_when(platform, left_out):
    ended = {"ended_by": UserFactory(), "ended_at": AT} | {left_out: None}
    assignment = assign(user=UserFactory(), platform=platform)

    with Breaks("assignment_ends_with_who_and_when"):
        change(assignment, **ended)


def test_a_provider_is_named_once_on_a_platform():
    first = VerificationProviderFactory()
    VerificationProviderFactory(name=first.name)

    with Breaks("a_provider_is_named_once_on_a_platform"):
        VerificationProviderFactory(platform=first.platform, name=first.name)


@pytest.mark.parametrize("level", ["SUBSTANTIAL", "HIGH"])
def test_an_email_link_attests_basic_only(level):
    VerificationProviderFactory(kind="EMAIL", level="BASIC")
    VerificationProviderFactory(kind="PARTNER", level=level)

    with Breaks("an_email_link_attests_basic_only"):
        VerificationProviderFactory(kind="EMAIL", level=level)


@pytest.mark.parametrize("second", OPEN)
@pytest.mark.parametrize("first", OPEN)
def test_one_open_request_per_account_and_provider(first, second):
    request = VerificationRequestFactory(state=first)
    same = {"account": request.account, "provider": request.provider}
    VerificationRequestFactory(**same, state="WITHDRAWN")
    VerificationRequestFactory(account=request.account)

    with Breaks("one_open_request_per_account_and_provider"):
        VerificationRequestFactory(**same, state=second)


def test_a_refusal_states_its_reason():
    VerificationRequestFactory(state="DECLINED", reason="The photo cannot be read.")

    with Breaks("a_refusal_states_its_reason"):
        VerificationRequestFactory(state="DECLINED")


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in STATES for b in STATES if a != b])
def test_verification_request_moves_forward_only(before, after):
    request = VerificationRequestFactory(state=before, reason="As it is.")

    if (before, after) in STEPS:
        change(request, state=after)
        assert VerificationRequest.objects.get().state == after
    else:
        with Breaks("verification_request_moves_forward_only"):
            change(request, state=after)


@pytest.mark.parametrize("after", [timedelta(0), -DAY])
def test_a_verification_expires_after_it_began(after):
    with Breaks("a_verification_expires_after_it_began"):
        VerificationFactory(verified_at=AT, expires_at=AT + after)


@pytest.mark.parametrize("left_out", ["revoked_at", "revoked_by", "revoked_reason"])
def test_a_revocation_says_who_and_why(left_out):
    revoked = {"revoked_at": AT, "revoked_by": UserFactory(), "revoked_reason": "It was forged."}
    VerificationFactory(**revoked)

    with Breaks("a_revocation_says_who_and_why"):
        VerificationFactory(**(revoked | {left_out: None}))


def test_a_revocation_is_by_a_person_or_by_a_partner_and_not_both():
    revoked = {"revoked_at": AT, "revoked_reason": "It was forged."}
    by_client = {"revoked_by_client": ApiClientFactory(platform=PlatformFactory())}
    VerificationFactory(**revoked, **by_client)

    with Breaks("a_revocation_says_who_and_why"):
        VerificationFactory(**revoked, **by_client, revoked_by=UserFactory())
    with Breaks("a_revocation_says_who_and_why"):
        VerificationFactory(**by_client)


def test_a_provider_attests_for_a_day_or_longer():
    VerificationProviderFactory(validity_days=1)

    with Breaks("a_provider_attests_for_a_day_or_longer"):
        VerificationProviderFactory(validity_days=0)


def refusal(**fields):
    decided = {"decided_by": UserFactory(), "decided_at": AT, "reason": "It was misread."}
    return VerificationRequestFactory(**({"state": "DECLINED"} | decided | fields))


def appeal(refused, **fields):
    same = {"account": refused.account, "provider": refused.provider}
    return VerificationRequestFactory(**(same | {"appeals": refused, "grounds": "Look."} | fields))


def test_only_ones_own_refusal_is_appealed():
    refused = refusal()
    last = appeal(refused, requested_at=AT + 30 * DAY, state="WITHDRAWN")
    change(last, state="WITHDRAWN")

    platform = refused.account.platform
    other = VerificationProviderFactory(platform=platform)
    for fields in (
        {"account": AccountFactory(platform=platform)},
        {"provider": other},
        {"requested_at": AT + 30 * DAY + timedelta(microseconds=1)},
    ):
        with Breaks("only_ones_own_refusal_is_appealed"):
            appeal(refusal(), **({"state": "PENDING"} | fields))
    for wrong in (refusal(state="APPROVED"), refusal(state="PENDING", decided_at=None)):
        with Breaks("only_ones_own_refusal_is_appealed"):
            appeal(wrong)


def test_an_appeal_of_an_appeal_is_refused():
    refused = appeal(refusal(), state="DECLINED", decided_at=AT, reason="As it was.")

    with Breaks("only_ones_own_refusal_is_appealed"):
        appeal(refused)


@pytest.mark.parametrize("column", ["taken_by", "decided_by"])
@pytest.mark.parametrize("state", ["IN_REVIEW", "APPROVED", "DECLINED"])
def test_a_refusal_is_reviewed_by_somebody_else(state, column):
    refused = refusal()
    appeal(refused, state=state, reason="As it was.", **{column: UserFactory()})

    with Breaks("a_refusal_is_reviewed_by_somebody_else"):
        again = refusal()
        appeal(again, state=state, reason="As it was.", **{column: again.decided_by})


@pytest.mark.parametrize("column", ["taken_by", "decided_by"])
@pytest.mark.parametrize("state", ["IN_REVIEW", "APPROVED", "DECLINED"])
def test_nobody_reviews_their_own_verification(state, column):
    user = UserFactory()
    account = AccountFactory(user=user)

    with Breaks("nobody_reviews_their_own_verification"):
        VerificationRequestFactory(account=account, state=state, reason="So.", **{column: user})


def test_what_a_request_appeals_never_changes():
    first = appeal(refusal())

    with Breaks("what_a_request_appeals_never_changes"):
        change(first, appeals=None)
    with Breaks("what_a_request_appeals_never_changes"):
        change(first, grounds="Something else.")


def test_a_look_at_identity_states_its_purpose():
    look = {"account": AccountFactory(), "user": UserFactory(), "at": AT, "until": AT + DAY}

    with Breaks("a_look_at_identity_states_its_purpose"):
        IdentityAccess.objects.create(**look, purpose="")
