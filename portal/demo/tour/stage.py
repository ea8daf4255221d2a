"""Who takes part in the tour: a platform with rules, three members of staff, a partner."""

from dataclasses import dataclass
from datetime import datetime

from credit.actions import policies
from groups.actions import rules, templates
from groups.models import Case, Group, Rule, Tenure
from groups.models.tenures import Role
from identity.actions import staff
from identity.models import Account, ApiClient, StaffAssignment, User
from portal.core.actors import Actor
from portal.core.errors import NotFound
from portal.core.models import Platform

BY = Actor.system("tour")
SECRET = "tour-client-secret"
STAFF = (
    ("tina@tour.example", "Tina, reviewer", StaffAssignment.Role.REVIEWER),
    ("sven@tour.example", "Sven, senior", StaffAssignment.Role.SENIOR),
    ("rosa@tour.example", "Rosa, senior", StaffAssignment.Role.SENIOR),
)


class NothingToTour(NotFound):
    """The platform has no two groups with an owner and without an open case."""


@dataclass(frozen=True)
class Stage:
    platform: Platform
    client: ApiClient
    reviewer: Actor
    senior: Actor
    appeal_reviewer: Actor
    rules: dict[str, Rule]

    @property
    def partner(self) -> Actor:
        return Actor.client(self.client)


def prepare(*, platform: Platform, at: datetime) -> Stage:
    """Give the platform policy, rules, notices, staff and a client, as far as it lacks them."""
    policies.install_default(platform=platform, by=BY, at=at)
    rules.install_defaults(platform=platform, by=BY, at=at)
    templates.install_defaults(platform=platform, by=BY, at=at)
    people = [_staff(platform, email, name, role, at) for email, name, role in STAFF]
    client = ApiClient.objects.filter(platform=platform, client_id=f"tour-{platform.slug}").first()
    if client is None:
        client = ApiClient.objects.create(
            platform=platform,
            name="Tour",
            client_id=f"tour-{platform.slug}",
            client_secret=SECRET,
            client_type=ApiClient.CLIENT_CONFIDENTIAL,
            authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        )
    in_force = Rule.objects.filter(platform=platform, retired_at=None)
    return Stage(
        platform=platform,
        client=client,
        reviewer=Actor.user(people[0]),
        senior=Actor.user(people[1]),
        appeal_reviewer=Actor.user(people[2]),
        rules={rule.code: rule for rule in in_force},
    )


def choose_groups(stage: Stage) -> tuple[Tenure, Tenure]:
    """Return an owner's tenure, and in another group that of somebody to suspend.

    Neither group has an open case, and whoever is suspended has no ledger entry, so that what a
    decision does shows plainly: an owner if there is one, else a co-owner. Raises NothingToTour.
    """
    busy = Case.objects.open().filter(platform=stage.platform).values("group")
    free = (
        Tenure.objects.current()
        .filter(platform=stage.platform, group__state=Group.State.ACTIVE)
        .exclude(group__in=busy)
        .select_related("group", "account", "account__platform")
        .order_by("-role", "group__external_id", "pk")
    )
    owners = free.filter(role__in=[Role.OWNER, Role.CO_OWNER])
    second = owners.filter(account__ledger=None).first()
    first = second and free.filter(role=Role.OWNER).exclude(group=second.group_id).first()
    if first is None or second is None:
        raise NothingToTour(
            "The tour needs two groups with an owner and without an open case, and an owner or "
            "co-owner whom no earlier tour decided about. Name another --platform."
        )
    return first, second


def choose_member(stage: Stage, *, but: set[Account], number: int) -> Account:
    """Return an account to report or to report with. Raises NothingToTour."""
    others = Account.objects.filter(platform=stage.platform, user=None, ledger=None).exclude(
        pk__in=[account.pk for account in but]
    )
    others = others.exclude(tenures__in=Tenure.objects.current().filter(role=Role.OWNER))
    found = list(others.select_related("platform").order_by("external_id")[number : number + 1])
    if not found:
        raise NothingToTour("The tour needs a few accounts that own no group.")
    return found[0]


def _staff(platform: Platform, email: str, name: str, role: str, at: datetime) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, None, name=name, joined_at=at)
    if not StaffAssignment.objects.filter(user=user, platform=platform, ended_at=None).exists():
        staff.assign(user=user, platform=platform, role=role, by=BY, at=at)
    return user
