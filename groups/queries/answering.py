"""Who may answer a case for its group."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from groups.models import Case, Group, GroupUserObjectPermission, Tenure
from groups.models.cases import CaseQuerySet
from groups.models.tenures import Role
from identity.models import Account, User

DELEGATION = "answer_cases"


def get_owner(*, group: Group) -> Account | None:
    """Return the account that answers for the group now."""
    held = Tenure.objects.current().filter(group=group, role=Role.OWNER)
    tenure = held.select_related("account__user").order_by("pk").first()
    return tenure.account if tenure else None


def find_named(*, group: Group, words: str, reporter: Account) -> Account | None:
    """Return whom a reporter means by an id, or by a name that only one has; null if nobody.

    Who runs the group comes before others of its platform. A reporter who runs it sees whose
    case it becomes, so for them nobody else is looked for: they could try out names.
    """
    running = Account.objects.filter(
        pk__in=Tenure.objects.current().filter(group=group).values("account")
    )
    if found := _only_one(running, words):
        return found
    if running.filter(Q(pk=reporter.pk) | Q(user__isnull=False, user=reporter.user_id)).exists():
        return None
    return _only_one(Account.objects.filter(platform=group.platform_id), words)


def _only_one(accounts: QuerySet[Account], words: str) -> Account | None:
    if by_id := accounts.filter(external_id=words).order_by("pk").first():
        return by_id
    found = list(accounts.filter(display_name__iexact=words).order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def list_answering(*, group: Group, subject: Account | None) -> Sequence[Account]:
    """Return who may answer a report about `subject` for the group now, owners first.

    Owners and co-owners always, managers too, unless the owner has named which of them do. The
    reported person answers nothing about themselves, under none of their accounts.
    """
    held = Tenure.objects.current().filter(_answers(group.pk), group=group)
    ranks = {Role.OWNER.value: 0, Role.CO_OWNER.value: 1, Role.MANAGER.value: 2}
    tenures = sorted(
        held.select_related("account__user"), key=lambda one: (ranks[one.role], one.account_id)
    )
    return [one.account for one in tenures if not is_same_person(one.account, subject)]


def may_answer(*, account: Account, case: Case) -> bool:
    """Say whether `account` may answer: for its group now, or because it arose under them."""
    if is_same_person(account, case.subject):
        return False
    if case.owner_at_opening_id == account.pk:
        return True
    held = Tenure.objects.current().filter(_answers(case.group_id), group=case.group_id)
    return held.filter(account=account).exists()


def is_same_person(account: Account, subject: Account | None) -> bool:
    if subject is None:
        return False
    return account.pk == subject.pk or (
        account.user_id is not None and account.user_id == subject.user_id
    )


def list_delegates(*, group_id: UUID) -> Sequence[UUID]:
    """Return the users among the group's managers whom an owner has named to answer."""
    managers = Tenure.objects.current().filter(group=group_id, role=Role.MANAGER)
    named = GroupUserObjectPermission.objects.filter(
        content_object=group_id,
        permission__codename=DELEGATION,
        user__in=managers.filter(account__user__isnull=False).values("account__user"),
    )
    return list(named.order_by("user_id").values_list("user_id", flat=True))


def _answers(group_id: UUID) -> Q:
    owners = Q(role__in=[Role.OWNER, Role.CO_OWNER])
    if named := list_delegates(group_id=group_id):
        return owners | Q(role=Role.MANAGER, account__user__in=named)
    return owners | Q(role=Role.MANAGER)


def only_theirs(cases: CaseQuerySet, *, user: User) -> CaseQuerySet:
    """Keep the cases that `user` may answer, as `may_answer` says it of one account."""
    held = Tenure.objects.current().filter(group=OuterRef("group"), account__user=user)
    manages_too = Tenure.objects.current().filter(
        group=OuterRef("content_object"), account__user=OuterRef("user"), role=Role.MANAGER
    )
    named = GroupUserObjectPermission.objects.filter(
        Exists(manages_too),
        content_object=OuterRef("group"),
        permission__codename=DELEGATION,
    )
    as_owner = held.filter(role__in=[Role.OWNER, Role.CO_OWNER])
    as_manager = Exists(held.filter(role=Role.MANAGER)) & (
        ~Exists(named) | Exists(named.filter(user=user))
    )
    allowed = Q(owner_at_opening__user=user) | Exists(as_owner) | as_manager
    return cases.filter(allowed).exclude(subject__user=user)


def list_accounts_answering(*, user: User, case: Case) -> list[Account]:
    """Return the accounts under which `user` may answer the case."""
    own = Account.objects.filter(user=user, platform=case.platform_id).order_by("pk")
    return [account for account in own if may_answer(account=account, case=case)]
