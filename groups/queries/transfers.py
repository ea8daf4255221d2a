"""Offers of groups as people see them: who may take one on, what it brings, what may be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Case, Duties, Group, Tenure, Transfer
from groups.models.tenures import Role
from groups.models.transfers import COOLING_OFF
from groups.queries import answers
from groups.queries.tenures import rank_of
from identity.models import Account, User

MOST_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Handed:
    """What whoever takes a group on finds there. Nothing here tells of a hidden case."""

    open_cases: int
    to_answer: Sequence[Case]
    people: Sequence[Tenure]
    duties: Duties | None


def get_handed(*, group: Group, user: User) -> Handed:
    """Return what `user` would find: no case about themselves, none that staff keep apart."""
    cases = Case.objects.filter(answers.ASKED, group=group).open().exclude(subject__user=user)
    to_answer = cases.filter(state=Case.State.WITH_OWNER).select_related("rule")
    return Handed(
        open_cases=cases.count(),
        to_answer=list(to_answer.order_by("due_at", "number")[:MOST_SHOWN]),
        people=list_others(group=group),
        duties=_get_duties(group, user),
    )


def list_others(*, group: Group) -> Sequence[Tenure]:
    """Return who helps the owner now, co-owners first."""
    held = Tenure.objects.current().filter(group=group).exclude(role=Role.OWNER)
    found = held.select_related("account__user")
    return sorted(found, key=rank_of)


def get_open_offer(*, group: Group, at: datetime) -> Transfer | None:
    """Return the offer of the group that can be accepted at `at`."""
    return _open(at).filter(group=group).order_by("pk").first()


def list_offers_to(*, user: User, at: datetime) -> QuerySet[Transfer]:
    """Return the offers that wait for `user`, the one that lapses first before the others."""
    return _open(at).filter(to_account__user=user).order_by("expires_at", "pk")


def get_cooling(*, group: Group, at: datetime) -> Transfer | None:
    """Return the acceptance of the group that can be taken back at `at`."""
    return _cooling(at).filter(group=group).order_by("-ended_at", "pk").first()


def list_to_take_back(*, user: User, at: datetime) -> QuerySet[Transfer]:
    """Return what `user` gave away and may take back at `at`."""
    return _cooling(at).filter(from_account__user=user).order_by("ended_at", "pk")


def _open(at: datetime) -> QuerySet[Transfer]:
    """Keep the open offers whose giver still owns the group."""
    open_ones = Transfer.objects.filter(state=Transfer.State.OFFERED, expires_at__gt=at)
    return _with_names(open_ones.filter(_owns("from_account")))


def _cooling(at: datetime) -> QuerySet[Transfer]:
    """Keep the acceptances of the last day whose recipient still owns the group."""
    accepted = Transfer.objects.filter(state=Transfer.State.ACCEPTED, taken_back_at=None)
    recent = accepted.filter(ended_at__gt=at - COOLING_OFF, ended_at__lte=at)
    return _with_names(recent.filter(_owns("to_account")))


def _owns(side: str) -> Exists:
    owners = Tenure.objects.current().filter(role=Role.OWNER, group=OuterRef("group"))
    return Exists(owners.filter(account=OuterRef(side)))


def _with_names(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    return transfers.select_related("group__platform", "from_account__user", "to_account__user")


def _get_duties(group: Group, user: User) -> Duties | None:
    """Return the newest published duties in the reader's language, else in any."""
    found = Duties.objects.filter(platform=group.platform_id).order_by("-version", "language")
    own = found.filter(language=user.language.partition("-")[0]).first()
    return own or found.first()


def owner_account(*, group: Group, user: User) -> Account:
    """Return the account under which `user` owns the group now."""
    held = Tenure.objects.current().filter(group=group, role=Role.OWNER, account__user=user)
    return held.select_related("account__user").get().account
