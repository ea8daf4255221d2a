"""What has to hold before somebody takes a group on, by an offer or by a claim."""

from datetime import datetime

from credit.evaluation import Action
from credit.privileges import Reason
from groups.models import Group, Tenure
from groups.models.tenures import Role
from groups.queries import evaluation
from identity.models import Account
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden

# Obstacles that lie in the group: anybody who sees it may know them.
OF_THE_GROUP = ("group-frozen", "group-closed", "group-archived", "group-unclaimed")


class NotYourAccount(Forbidden):
    """Groups are given and taken by the person whose account it is."""

    code = "not-your-account"
    title = "This is not your account"
    advice = "Sign in as the person who is meant, or ask them."


class MayNotOwn(Conflict):
    """Whoever takes a group on needs the privilege to own it, within the limits of their tier."""

    code = "may-not-own"
    title = "This account cannot take on the group"
    advice = "The detail says why, and until when where that is known."


def require_is(account: Account, *, by: Actor) -> None:
    """Raise NotYourAccount unless `by` is the person behind the account."""
    if not by.is_person or account.user_id is None or account.user_id != by.id:
        raise NotYourAccount(f"{account} is not your account.")


def list_obstacles(
    *, account: Account, group: Group, at: datetime, owned_it_before: bool = False
) -> tuple[Reason, ...]:
    """Say what stands against taking the group on: what partners are told, too."""
    return evaluation.evaluate_known(
        platform=group.platform,
        account=account,
        action=Action.OWN_GROUP,
        group=group,
        group_size=None,
        at=at,
        owned_it_before=owned_it_before,
    ).evaluation.reasons


def require_may_own(
    *, account: Account, group: Group, at: datetime, owned_it_before: bool = False
) -> None:
    """Refuse whoever an obstacle stands against. The caller has locked the account.

    Raises MayNotOwn.
    """
    found = list_obstacles(account=account, group=group, at=at, owned_it_before=owned_it_before)
    if found:
        raise MayNotOwn(
            " ".join(reason.sentence for reason in found),
            reasons=[reason.code for reason in found],
        )


def may_manage(*, account: Account, group: Group, at: datetime) -> bool:
    """Tell whether the account may manage the group. The caller has locked the account."""
    return evaluation.evaluate_known(
        platform=group.platform,
        account=account,
        action=Action.MANAGE_GROUP,
        group=group,
        group_size=None,
        at=at,
    ).evaluation.decision


def is_owner(account: Account, *, group: Group, at: datetime) -> bool:
    """Tell whether the account answers for the group, at `at` and as far as anybody knows."""
    held = Tenure.objects.filter(group=group, account=account, role=Role.OWNER)
    return held.at(at).current().exists()
