"""What has to hold before somebody takes a group on, by an offer or by a claim."""

from datetime import datetime

from credit.evaluation import Action
from groups.models import Group, Tenure
from groups.models.tenures import Role
from groups.queries import evaluation
from identity.models import Account
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden


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


def require_may_own(*, account: Account, group: Group, at: datetime) -> None:
    """Ask what partners are told, too. The caller has locked the account. Raises MayNotOwn."""
    found = evaluation.evaluate_known(
        platform=group.platform,
        account=account,
        action=Action.OWN_GROUP,
        group=group,
        group_size=None,
        at=at,
    ).evaluation
    if not found.decision:
        raise MayNotOwn(
            " ".join(reason.sentence for reason in found.reasons),
            reasons=[reason.code for reason in found.reasons],
        )


def is_owner(account: Account, *, group: Group, at: datetime) -> bool:
    """Tell whether the account answers for the group, at `at` and as far as anybody knows."""
    held = Tenure.objects.filter(group=group, account=account, role=Role.OWNER)
    return held.at(at).current().exists()
