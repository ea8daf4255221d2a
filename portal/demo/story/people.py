"""Who signs in to the demo, for whom, and the platforms they are on."""

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from credit.actions import policies
from groups.actions import rules, templates
from identity.actions import accounts, staff
from identity.models import Account, ApiClient, StaffAssignment, User
from portal.core.actors import Actor
from portal.core.models import Platform, WebhookEndpoint

PASSWORD = "everything-here-is-made-up"
SECRET = "demo-client-secret"
WEBHOOK_SECRET = "whsec_ZGVtb25zdHJhdGlvbi1vbmx5LWRlbW9uc3RyYXRpb24="
BY = Actor.system("load_demo")
Role = StaffAssignment.Role

STAFF = (
    ("sam@staff.example", "Sam Rivera", "Reviewer", (Role.REVIEWER,)),
    ("mina@staff.example", "Mina Okafor", "Senior reviewer", (Role.SENIOR,)),
    ("noor@staff.example", "Noor Haddad", "Second senior", (Role.SENIOR,)),
    ("iris@staff.example", "Iris Lindqvist", "Identity officer", (Role.IDENTITY_OFFICER,)),
    ("otto@staff.example", "Otto Brandt", "Auditor", (Role.AUDITOR,)),
    ("lea@staff.example", "Léa Fontaine", "Administrator", (Role.ADMINISTRATOR,)),
)

# External id, name, language, email of those who sign in.
MEMBERS = (
    ("u-ada", "Ada Moreau", "en", "ada@members.example"),
    ("u-ben", "Ben Achterberg", "en", "ben@members.example"),
    ("u-carla", "Carla Weiß", "de", "carla@members.example"),
    ("u-dario", "Dario Conti", "en", "dario@members.example"),
    ("u-layla", "ليلى بنت عبد الرحمن", "en", "layla@members.example"),
    ("u-max", "Maximiliane Antonia von Hohenberg-Sonnenschein", "de", "max@members.example"),
)


# Those who do not sign in are called like this, one surname after the other.
FIRST_NAMES = (
    "Aiko Amara Bruno Chloé Dimitri Emeka Farid Greta Hana Ivo Jonas Kwame Lena Mateo Nadia "
    "Oskar Priya Quentin Rosa Selim Tove Uma Viktor Wanda Yara Zoran"
)
SURNAMES = "Almeida Bakker Castillo Duarte Eriksen Fischer Grau"


@dataclass(frozen=True)
class Cast:
    relay: Platform
    plaza: Platform
    staff: dict[str, User]
    members: dict[str, Account]
    client: ApiClient

    def by(self, name: str) -> Actor:
        """Return the actor of a member of staff by first name."""
        return Actor.user(self.staff[name])

    def account(self, external_id: str) -> Account:
        return self.members[external_id]


def totp_secret(email: str) -> str:
    """Derive a made-up secret, the same at every load."""
    return b32encode(hashlib.sha256(f"accord demo {email}".encode()).digest()[:20]).decode()


def load(*, at: datetime) -> Cast:
    """Create platforms, staff with a second factor, members who sign in, and a partner."""
    long_ago = at - timedelta(days=700)
    relay, plaza = (
        Platform.objects.create(slug=slug, name=name, language=language, created_at=long_ago)
        for slug, name, language in (("relay", "Relay", "en"), ("plaza", "Plaza", "de"))
    )
    for platform in (relay, plaza):
        policies.install_default(platform=platform, by=BY, at=long_ago)
        rules.install_defaults(platform=platform, by=BY, at=long_ago)
        templates.install_defaults(platform=platform, by=BY, at=long_ago)
    users = {}
    for email, name, _, roles in STAFF:
        user = _user(email, name, "en", at=long_ago)
        for role in roles:
            staff.assign(user=user, platform=relay, role=role, by=BY, at=long_ago)
            if role == Role.SENIOR:
                staff.assign(user=user, platform=plaza, role=role, by=BY, at=long_ago)
        TOTP.activate(user, totp_secret(email))
        RecoveryCodes.activate(user)
        users[email.partition("@")[0]] = user
    client = ApiClient.objects.create(
        platform=relay,
        name="Relay backend",
        client_id="relay-demo",
        client_secret=SECRET,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    return Cast(relay, plaza, users, _members(relay, at=long_ago), client)


def add_webhooks(platform: Platform, *, url: str, at: datetime) -> None:
    """Register a receiver that verifies, and one that always fails."""
    for address in (f"{url}/demo/webhooks/receive/", f"{url}/demo/webhooks/receive/?fail"):
        WebhookEndpoint.objects.create(
            platform=platform, url=address, secret=WEBHOOK_SECRET, created_at=at
        )


def _members(platform: Platform, *, at: datetime) -> dict[str, Account]:
    names = [external_id for external_id, *_ in MEMBERS]
    ids = accounts.ensure(platform=platform, external_ids=names, by=BY, at=at)
    for external_id, name, language, email in MEMBERS:
        user = _user(email, name, language, at=at)
        Account.objects.filter(pk=ids[external_id]).update(user=user, display_name=name)
    found = Account.objects.filter(pk__in=ids.values()).select_related("user", "platform")
    return {account.external_id: account for account in found}


def name_everybody(platform: Platform) -> None:
    """Give every account a name, as a platform would send it."""
    unnamed = list(Account.objects.filter(platform=platform, display_name="").order_by("pk"))
    names = (f"{first} {last}" for last in SURNAMES.split() for first in FIRST_NAMES.split())
    for account, name in zip(unnamed, names, strict=False):
        account.display_name = name
    Account.objects.bulk_update(unnamed, ["display_name"])


def _user(email: str, name: str, language: str, *, at: datetime) -> User:
    user = User.objects.create_user(
        email, PASSWORD, name=name, language=language, timezone="Europe/Berlin", joined_at=at
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
