"""One invitation, opened by several people at once: the account gets one of them."""

from datetime import timedelta
from functools import partial

import pytest

from identity.actions import invitations
from identity.invitations import Invitation
from identity.models import User
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.identity import AccountFactory, UserFactory
from tests.races import at_once
from tests.races.test_ownership import only_conflicts
from tests.sizes import size

TRIALS = size(every_run=12, release=60)
pytestmark = pytest.mark.django_db(transaction=True)


def connect(invitation):
    user = UserFactory()
    return partial(
        invitations.connect, invitation=invitation, user=user, by=Actor.user(user), at=AT
    )


def join(account, email):
    return partial(
        invitations.join,
        invitation=Invitation(account.pk, AT + timedelta(days=1), email),
        name="Nia",
        password="four words of mine",
        by=Actor.system("tests"),
        at=AT,
    )


def test_an_invitation_that_many_open_connects_with_one_sign_in():
    for number in range(TRIALS):
        account = AccountFactory()
        invitation = Invitation(account.pk, AT + timedelta(days=1))

        results = at_once.run(
            connect(invitation),
            connect(invitation),
            join(account, f"a{number}@example.org"),
            join(account, f"a{number}@example.org"),
            join(account, f"b{number}@example.org"),
        )

        only_conflicts(results)
        account.refresh_from_db()
        made = User.objects.filter(email__in=[f"a{number}@example.org", f"b{number}@example.org"])
        # Whoever came too late has no sign-in without an account.
        assert list(made) in ([], [account.user])
        entries = AuditEntry.objects.filter(action="accounts.connect", record_id=account.pk)
        assert [entry.new["user"] for entry in entries] == [str(account.user_id)]
