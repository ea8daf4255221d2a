"""Whoever is under a restriction does not come back with a new account of the same platform."""

from datetime import timedelta

import pytest

from credit.evaluation import Action, evaluate
from credit.models import Sanction
from identity.actions import person_tags
from identity.models import PersonTag, TagKey
from portal.core.actions import field_keys
from portal.core.actors import Actor
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")
ISSUER = "https://id.example"


def tag(account, subject="s-1", issuer=ISSUER):
    return person_tags.remember(account=account, issuer=issuer, subject=subject, by=BY, at=AT)


@pytest.fixture
def pair(platform):
    """Two accounts of one person."""
    findings.active_policy(platform)
    first, second = (AccountFactory(platform=platform) for _ in range(2))
    tag(first)
    tag(second)
    return first, second


def ask(account, action=Action.OWN_GROUP, group_id=None, at=AT):
    return evaluate(
        account=account,
        action=action,
        group_id=group_id,
        group_size=None,
        at=at,
        platform_id=account.platform_id,
    )


def test_a_restriction_on_one_account_holds_for_the_other(pair):
    barred, other = pair
    sanction = findings.sanction(barred, privilege="OWN_GROUP")

    [reason] = ask(other).reasons

    assert (reason.code, reason.until, reason.decision_ids) == ("restriction-applies", None, ())
    assert barred.external_id not in reason.sentence
    assert str(sanction.decision_id) not in reason.sentence
    # Under the account it was decided about the person reads why.
    assert [one.code for one in ask(barred).reasons] != ["restriction-applies"]


def test_it_is_about_what_was_restricted_while_it_is(pair):
    barred, other = pair
    findings.sanction(barred, privilege="OWN_GROUP", days=1)

    assert ask(other, Action.MANAGE_GROUP).decision
    assert not ask(other).decision
    assert ask(other, at=AT + timedelta(days=1)).decision
    assert ask(other, at=AT - timedelta(microseconds=1)).decision


def test_another_person_is_not_concerned(pair, platform):
    barred, _ = pair
    findings.sanction(barred, privilege="OWN_GROUP")
    stranger, elsewhere = AccountFactory(platform=platform), AccountFactory(platform=platform)
    tag(stranger, "s-2")
    tag(elsewhere, "s-1", "https://other.example")

    assert ask(stranger).decision
    assert ask(elsewhere).decision
    assert ask(AccountFactory(platform=platform)).decision


def test_two_platforms_cannot_compare(pair):
    barred, _ = pair
    findings.sanction(barred, privilege="OWN_GROUP")
    there = AccountFactory(platform=PlatformFactory())
    findings.active_policy(there.platform)
    tag(there)

    here, elsewhere = (PersonTag.objects.get(account=one).digest for one in (barred, there))

    assert bytes(here) != bytes(elsewhere)
    assert ask(there).decision


def test_a_tag_is_the_same_after_the_keys_of_fields_were_changed(platform, settings):
    account = AccountFactory(platform=platform)
    before = bytes(tag(account).digest)
    settings.FIELD_KEYS = "new:HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8=," + settings.FIELD_KEYS
    for _, column in field_keys.list_columns():
        while field_keys.rotate_batch(column=column, by=BY, at=AT, limit=100):
            pass

    again = tag(AccountFactory(platform=platform))

    assert bytes(again.digest) == before
    assert TagKey.objects.count() == 1


def test_a_second_verification_by_the_same_provider_adds_no_tag(pair):
    first, _ = pair

    tag(first)

    assert PersonTag.objects.filter(account=first).count() == 1
    assert Sanction.objects.count() == 0
