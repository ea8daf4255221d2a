"""What belongs to one person over all their groups and platforms."""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from groups.models import Appeal, Case, Flag, Group, Tenure
from groups.models.cases import CaseQuerySet
from groups.models.tenures import Role
from groups.queries import answers, visibility
from identity.models import Account, User


def list_accounts(*, user: User) -> QuerySet[Account]:
    return Account.objects.filter(user=user).select_related("platform").order_by("platform__name")


def list_groups(*, user: User, after: UUID | None = None) -> QuerySet[Tenure]:
    """Return the roles that the accounts of `user` hold now, with their groups, by name.

    `after` is the id of one of them: only those that follow it. An id of anything else is ignored.
    """
    held = Tenure.objects.current().filter(account__user=user)
    last = held.select_related("group").filter(pk=after).first() if after else None
    if last:
        name = last.group.name
        held = held.filter(Q(group__name__gt=name) | Q(group__name=name, pk__gt=last.pk))
    return held.select_related("group__platform", "account").order_by("group__name", "pk")


def count_open_cases(*, user: User, group_ids: list[UUID]) -> dict[UUID, int]:
    """Count the open cases of each group that the dashboard shows to `user`."""
    seen = visibility.list_cases_for_owner(user=user).open().filter(group__in=group_ids)
    return dict(seen.values_list("group").annotate(number=Count("pk")))


def get_role(*, user: User, group: Group) -> Tenure | None:
    """Return the role of `user` in the group now: owning goes before managing."""
    held = Tenure.objects.current().filter(account__user=user, group=group)
    order = ["OWNER", "CO_OWNER", "MANAGER"]
    found = sorted(
        held.select_related("account__platform"), key=lambda one: (order.index(one.role), one.pk)
    )
    return found[0] if found else None


def has_earlier_cases(*, user: User) -> bool:
    """Say whether cases are shown to `user` of groups in which they hold no role any more."""
    held = Tenure.objects.current().filter(account__user=user, group=OuterRef("group"))
    return visibility.list_cases_for_owner(user=user).filter(~Exists(held)).exists()


def list_cases(
    *, user: User, group: Group | None = None, before: int | None = None
) -> tuple[CaseQuerySet, CaseQuerySet]:
    """Return the open cases by deadline and the past ones, the latest first.

    With `before`, the past ones whose numbers are lower.
    """
    seen = visibility.list_cases_for_owner(user=user).select_related("group", "rule", "platform")
    seen = seen.annotate(was_asked=answers.ASKED)
    if group is not None:
        seen = seen.filter(group=group)
    past = seen.filter(~Q(state__in=Case.OPEN_STATES)).order_by("-number")
    if before is not None:
        past = past.filter(number__lt=before)
    return seen.open().order_by("due_at", "number"), past


def list_open_appeals(*, user: User) -> QuerySet[Appeal]:
    appeals = visibility.list_appeals_for_owner(user=user).filter(state__in=Appeal.OPEN_STATES)
    return appeals.select_related("decision").order_by("due_at", "pk")


def list_flags_sent(*, user: User) -> QuerySet[Flag]:
    """Return the reports that `user` sent, the latest first."""
    sent = Flag.objects.filter(reporter__user=user)
    return sent.select_related("case__group", "case__rule").order_by("-received_at", "-pk")


def list_at_risk(*, user: User) -> QuerySet[Group]:
    """Return the groups that `user` runs alone and in which they did nothing for a month."""
    own = Tenure.objects.current().filter(account__user=user, role=Role.OWNER)
    others = Tenure.objects.current().filter(group=OuterRef("pk")).exclude(account__user=user)
    found = Group.objects.filter(pk__in=own.values("group"), at_risk_from__isnull=False)
    return found.exclude(Exists(others)).order_by("name", "pk")


def list_open_matters(*, user: User) -> list[str]:
    """Say what is still open for somebody who is about to be erased, a sentence each."""
    owned = Tenure.objects.current().filter(account__user=user, role=Role.OWNER).count()
    waiting = visibility.list_cases_for_owner(user=user).filter(state=Case.State.WITH_OWNER)
    appeals = list_open_appeals(user=user).count()
    found = []
    if owned:
        what = "1 group. Hand it" if owned == 1 else f"{owned} groups. Hand them"
        found.append(f"You answer for {what} over first: nobody could be told of reports.")
    if cases := waiting.count():
        what = "1 report waits" if cases == 1 else f"{cases} reports wait"
        found.append(f"{what} for an answer of your groups.")
    if appeals:
        what = "1 appeal is" if appeals == 1 else f"{appeals} appeals are"
        found.append(f"{what} open. It goes on, but you would not hear of the outcome.")
    return found
