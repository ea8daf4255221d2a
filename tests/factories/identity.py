from datetime import timedelta

import factory

from identity import models
from identity.actions import staff
from portal.core.actors import Actor
from tests.factories.base import AT, RecordFactory, fixture_rows
from tests.factories.core import PlatformFactory

PASSWORD = "correct horse battery staple"


class UserFactory(RecordFactory):
    class Meta:
        model = models.User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    joined_at = AT - timedelta(days=400)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with fixture_rows():
            return model_class.objects.create_user(**({"password": PASSWORD} | kwargs))


def staff_user(platform, *roles, **fields):
    """A member of staff with the roles on `platform` (default: reviewer)."""
    user = UserFactory(is_staff=True, **fields)
    for role in roles or ("REVIEWER",):
        staff.assign(user=user, platform=platform, role=role, by=Actor.system("tests"), at=AT)
    return user


class AccountFactory(RecordFactory):
    class Meta:
        model = models.Account

    platform = factory.SubFactory(PlatformFactory)
    external_id = factory.Sequence(lambda n: f"p-{n:06d}")
    display_name = factory.Sequence(lambda n: f"Member {n}")
    created_at = AT - timedelta(days=300)


class ApiClientFactory(RecordFactory):
    class Meta:
        model = models.ApiClient

    platform = factory.SubFactory(PlatformFactory)
    name = factory.Sequence(lambda n: f"Client {n}")
    client_type = "confidential"
    authorization_grant_type = "client-credentials"
    client_secret = "client-secret-of-the-tests"


class VerificationProviderFactory(RecordFactory):
    class Meta:
        model = models.VerificationProvider

    platform = factory.SubFactory(PlatformFactory)
    name = factory.Sequence(lambda n: f"Provider {n}")
    kind = models.VerificationProvider.Kind.MANUAL
    level = models.verifications.Level.SUBSTANTIAL


class VerificationRequestFactory(RecordFactory):
    class Meta:
        model = models.VerificationRequest

    account = factory.SubFactory(AccountFactory)
    provider = factory.LazyAttribute(
        lambda request: VerificationProviderFactory(platform=request.account.platform)
    )
    requested_at = AT
    due_at = AT + timedelta(days=14)


class VerificationFactory(RecordFactory):
    class Meta:
        model = models.Verification

    account = factory.SubFactory(AccountFactory)
    provider = factory.LazyAttribute(
        lambda verification: VerificationProviderFactory(platform=verification.account.platform)
    )
    level = models.verifications.Level.SUBSTANTIAL
    method = "In person"
    verified_at = AT - timedelta(days=30)
    expires_at = AT + timedelta(days=700)
