"""Reminders before a verification ends, and what became of requests."""

from datetime import timedelta

import pytest

from credit.actions import policies
from groups.actions import templates, verification_notices
from groups.models import Notice
from groups.queries import ending_verifications
from identity.actions import requests, verifications
from identity.models import VerificationRequest
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    staff_user,
)
from tests.groups.ingesting import BY

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def platform():
    made = PlatformFactory(name="Relay")
    templates.install_defaults(platform=made, by=BY, at=AT)
    policies.install_default(platform=made, by=BY, at=AT - timedelta(days=90))
    return made


@pytest.fixture
def account(platform):
    return AccountFactory(platform=platform, user=UserFactory())


def ending(account, days, **fields):
    return VerificationFactory(account=account, expires_at=AT + days * A_DAY, **fields)


def remind(at=AT):
    return [
        verification_notices.remind(days=days, by=BY, at=at, limit=500)
        for days in ending_verifications.REMINDERS
    ]


def told():
    return list(Notice.objects.order_by("pk").values_list("recipient", "kind"))


def test_a_person_is_reminded_thirty_and_seven_days_before_the_end_once_each(account):
    ending(account, 40)

    reminded = [remind(AT + day * A_DAY) for day in (9, 10, 11, 32, 33, 34, 39)]

    assert reminded == [[0, 0], [0, 1], [0, 0], [0, 0], [1, 0], [0, 0], [0, 0]]
    assert told() == [(account.pk, "VERIFICATION")] * 2
    noted = AuditEntry.objects.filter(action="verifications.remind").order_by("pk")
    assert [row.new for row in noted] == [{"days": 30}, {"days": 7}]


def test_whoever_is_first_seen_in_the_last_week_is_reminded_once(account):
    ending(account, 5)

    assert (remind(), remind()) == ([1, 0], [0, 0])


def test_the_reminder_says_what_the_end_costs_and_from_when(account):
    ending(account, 20)

    remind()

    body = Notice.objects.get().body
    assert (
        "Your verification at the level “substantial” ends on 22 November 2026, 12:00 UTC,"
        " in 20 days." in body
    )
    assert (
        "Until 6 December 2026, 12:00 UTC nothing changes. After that you cannot take on groups of"
        " more than 500 members. You keep the groups that you have." in body
    )
    assert f"/account/{account.pk}/verification/" in body


def test_a_level_that_no_group_asks_for_costs_nothing(account):
    ending(account, 20, level="BASIC")

    remind()

    assert "Nothing that you may do here depends on it at present." in Notice.objects.get().body


@pytest.mark.parametrize(
    ("level", "days", "expected"),
    [("SUBSTANTIAL", 400, 0), ("HIGH", 400, 0), ("BASIC", 400, 1), ("HIGH", 19, 2)],
)
def test_whoever_holds_another_as_good_that_lasts_longer_is_left_alone(
    account, level, days, expected
):
    ending(account, 20)
    ending(account, days, level=level)

    assert sum(remind()) == expected


def test_nobody_is_reminded_of_what_was_revoked_or_of_an_account_without_a_person(platform):
    ending(AccountFactory(platform=platform), 20)
    ending(AccountFactory(platform=platform, user=UserFactory(is_active=False)), 20)
    ending(
        AccountFactory(platform=platform, user=UserFactory()),
        20,
        revoked_at=AT,
        revoked_by=UserFactory(),
        revoked_reason="Wrong person.",
    )

    assert remind() == [0, 0]
    assert told() == []


def test_a_platform_without_words_stops_no_reminder_of_another(account):
    other = AccountFactory(user=UserFactory())
    ending(other, 20)
    ending(account, 21)

    assert remind() == [0, 2]
    assert told() == [(account.pk, "VERIFICATION")]


@pytest.mark.parametrize("verb", ["approve", "decline", "expire"])
def test_the_person_is_told_once_what_became_of_a_request(account, platform, verb):
    asked = requests.start(
        account=account,
        provider=VerificationProviderFactory(platform=platform),
        by=Actor.user(account.user),
        at=AT,
    )
    officer = Actor.user(staff_user(platform, "IDENTITY_OFFICER"))
    verification_notices.tell(by=BY, at=AT, limit=500)
    assert told() == []

    if verb == "expire":
        requests.expire(by=BY, at=AT + 15 * A_DAY)
        said = "Nobody decided your request in time, so it lapsed."
    elif verb == "approve":
        requests.take(request=asked, by=officer, at=AT)
        requests.approve(request=asked, method="In person", reference="r", by=officer, at=AT)
        said = "You are verified at the level “substantial” until 1 November 2028, 12:00 UTC."
    else:
        requests.take(request=asked, by=officer, at=AT)
        requests.decline(request=asked, reason="The photo was dark.", by=officer, at=AT)
        said = "Your request was declined. Reason: The photo was dark."

    count = [verification_notices.tell(by=BY, at=AT + 16 * A_DAY, limit=9) for _ in range(2)]
    assert count == [1, 0]
    assert said in Notice.objects.get().body
    assert VerificationRequest.objects.get().told_at == AT + 16 * A_DAY


def test_a_refused_appeal_promises_no_further_appeal(account, platform):
    first, second = (Actor.user(staff_user(platform, "IDENTITY_OFFICER")) for _ in range(2))
    person = Actor.user(account.user)
    asked = requests.start(
        account=account,
        provider=VerificationProviderFactory(platform=platform),
        by=person,
        at=AT,
    )
    requests.take(request=asked, by=first, at=AT)
    requests.decline(request=asked, reason="Too dark.", by=first, at=AT)
    asked.refresh_from_db()
    anew = requests.appeal(request=asked, grounds="It was not.", by=person, at=AT)
    requests.take(request=anew, by=second, at=AT)
    requests.decline(request=anew, reason="Still dark.", by=second, at=AT)

    assert verification_notices.tell(by=BY, at=AT, limit=9) == 2
    bodies = [notice.body for notice in Notice.objects.order_by("pk")]
    assert "you can appeal" in bodies[0]
    assert "it stands. Reason: Still dark." in bodies[1]
    assert "you can appeal" not in bodies[1]


def test_the_person_is_told_once_why_a_verification_was_revoked(account):
    held = ending(account, 200)
    verifications.revoke(
        verification=held, reason="The wrong person.", by=Actor.user(UserFactory()), at=AT
    )

    told_of = [verification_notices.tell_of_revocations(by=BY, at=AT, limit=9) for _ in range(2)]

    assert told_of == [1, 0]
    body = Notice.objects.get().body
    assert "A verification of yours was revoked and counts no longer." in body
    assert "Reason: The wrong person." in body
