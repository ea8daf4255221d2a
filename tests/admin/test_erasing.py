"""An administrator erases an account, and reads beforehand what goes and what stays."""

import pytest
from django.urls import reverse

from identity.models import Account, Verification
from identity.roles import Role
from tests.admin.entering import enter
from tests.factories.core import HoldFactory
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationFactory,
    staff_user,
)

# A refusal rolls back what it refuses.
pytestmark = pytest.mark.django_db(transaction=True)
SENT = {"_form_submitted": "on"}


@pytest.fixture
def client(platform):
    return enter(staff_user(platform, Role.ADMINISTRATOR))


@pytest.fixture
def account(platform):
    made = AccountFactory(platform=platform, external_id="u-7", user=UserFactory())
    VerificationFactory(account=made)
    TenureFactory(account=made, group=GroupFactory(platform=platform))
    return made


def step(account):
    return reverse("admin:identity_account_erase", args=[account.pk])


def opened(client, account):
    dialog = client.get(step(account))
    assert dialog.status_code == 200
    return dialog.content.decode(), dialog.context["form"]["seen"].value()


def test_the_dialog_says_what_goes_and_what_stays_and_does_it(client, account):
    text, seen = opened(client, account)
    assert "At once: the name and the link to the person, 1 verifications." in text
    assert "Your roles in groups, because they say who answered for a group, and when." in text

    answer = client.post(step(account), SENT | {"seen": seen, "typed": "u-7"})

    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.display_name, account.user, account.erased_at is None) == ("", None, False)
    assert not Verification.objects.exists()
    assert client.get(step(account)).status_code == 403


def test_the_wrong_id_erases_nothing(client, account):
    _, seen = opened(client, account)

    answer = client.post(step(account), SENT | {"seen": seen, "typed": "u-8"})

    assert "This is not the id of this account. Nothing was erased." in answer.content.decode()
    assert Account.objects.get(pk=account.pk).erased_at is None


def test_what_came_since_the_dialog_was_opened_stops_it(client, account):
    _, seen = opened(client, account)
    VerificationFactory(account=account)

    answer = client.post(step(account), SENT | {"seen": seen, "typed": "u-7"})

    assert answer.status_code == 409
    assert Verification.objects.count() == 2


def test_a_hold_is_named_and_keeps_what_it_covers(client, account):
    hold = HoldFactory(platform=account.platform, scope="ACCOUNT", scope_id=account.pk)
    text, seen = opened(client, account)

    client.post(step(account), SENT | {"seen": seen, "typed": "u-7"})

    assert f"{hold.reference} keeps some of it." in text
    account.refresh_from_db()
    assert (account.erased_at, account.user is None) == (None, False)
    assert Verification.objects.count() == 1
