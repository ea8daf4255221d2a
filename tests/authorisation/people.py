"""Everybody who may knock: each role once, on one small platform, signed in as it would be."""

from datetime import timedelta
from enum import StrEnum
from types import SimpleNamespace

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from django.test import Client

from groups.models.tenures import Role as GroupRole
from identity.roles import Role
from tests import partners, signin
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory
from tests.factories.identity import AccountFactory, UserFactory, staff_user

BACKEND = "django.contrib.auth.backends.ModelBackend"
SCOPES = "events flags groups access verifications invitations"


class Who(StrEnum):
    ANONYMOUS = "nobody signed in"
    MEMBER = "a member without groups, who sent a report"
    OWNER = "the group's owner"
    MANAGER = "the group's manager"
    OTHER_OWNER = "the owner of another group"
    REVIEWER = "a reviewer"
    SENIOR = "a senior"
    OFFICER = "an identity officer"
    AUDITOR = "an auditor"
    ADMINISTRATOR = "an administrator"
    FOREIGN_STAFF = "staff of another platform, in every role there"
    WITHOUT_FACTOR = "staff in every role, without a second factor"
    EVENTS_CLIENT = "a client with the scope events"
    FLAGS_CLIENT = "a client with the scope flags"
    GROUPS_CLIENT = "a client with the scope groups"
    ACCESS_CLIENT = "a client with the scope access"
    VERIFICATIONS_CLIENT = "a client with the scope verifications"
    INVITATIONS_CLIENT = "a client with the scope invitations"
    FOREIGN_CLIENT = "a client of another platform with every scope"


STAFF = {
    Who.REVIEWER: Role.REVIEWER,
    Who.SENIOR: Role.SENIOR,
    Who.OFFICER: Role.IDENTITY_OFFICER,
    Who.AUDITOR: Role.AUDITOR,
    Who.ADMINISTRATOR: Role.ADMINISTRATOR,
}
CLIENTS = {
    Who.EVENTS_CLIENT: "events",
    Who.FLAGS_CLIENT: "flags",
    Who.GROUPS_CLIENT: "groups",
    Who.ACCESS_CLIENT: "access",
    Who.VERIFICATIONS_CLIENT: "verifications",
    Who.INVITATIONS_CLIENT: "invitations",
}


class Person:
    """Somebody at the door: a client of their own, which starts anew at every request."""

    def __init__(self, *, user=None, has_factor=False, headers=None):
        self.user = user
        self.headers = headers or {}
        self._cookies = {}
        if user is not None:
            self._sign_in(has_factor=has_factor)

    def ask(self, method, url, data=None, content_type=None, **headers):
        client = Client(raise_request_exception=False)
        client.cookies.load(self._cookies)
        sent = {"data": data}
        if content_type is not None:
            sent["content_type"] = content_type
        return getattr(client, method.lower())(url, headers=self.headers | headers, **sent)

    def _sign_in(self, *, has_factor):
        with fixture_rows():
            EmailAddress.objects.get_or_create(
                user=self.user, email=self.user.email, verified=True, primary=True
            )
        client = Client()
        client.force_login(self.user, backend=BACKEND)
        visit = SimpleNamespace(session=client.session)
        record_authentication(visit, self.user, "password", email=self.user.email)
        if has_factor:
            if not self.user.authenticator_set.exists():
                signin.add_totp(self.user)
            record_authentication(visit, self.user, "mfa", type="totp")
        visit.session.save()
        self._cookies = {name: morsel.value for name, morsel in client.cookies.items()}


def make_people(*, platform, group, owner, member, elsewhere):
    """Return a Person for every Who; `owner` and `member` are accounts on `platform`."""
    manager = AccountFactory(platform=platform, user=UserFactory())
    TenureFactory(
        group=group, account=manager, role=GroupRole.MANAGER, since=AT - timedelta(days=90)
    )
    other = AccountFactory(platform=platform, user=UserFactory())
    TenureFactory(account=other, group__platform=platform)
    people = {
        Who.ANONYMOUS: Person(),
        Who.MEMBER: Person(user=member.user),
        Who.OWNER: Person(user=owner.user),
        Who.MANAGER: Person(user=manager.user),
        Who.OTHER_OWNER: Person(user=other.user),
        Who.FOREIGN_STAFF: Person(user=staff_user(elsewhere, *Role), has_factor=True),
        Who.WITHOUT_FACTOR: Person(user=staff_user(platform, *Role)),
        Who.FOREIGN_CLIENT: Person(headers=partners.bearer(elsewhere, SCOPES)),
    }
    for who, role in STAFF.items():
        people[who] = Person(user=staff_user(platform, role), has_factor=True)
    for who, scope in CLIENTS.items():
        people[who] = Person(headers=partners.bearer(platform, scope))
    assert set(people) == set(Who)
    return people
