"""A person asks to be erased: what may go goes at once, the rest when its window ends."""

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError

from identity import erasure
from identity.actions import users
from identity.erasure import AccountPlan, Plan
from identity.models import Account, StaffAssignment, User
from portal.core import audit, hold_lock
from portal.core.actors import Actor
from portal.core.errors import Conflict


class StillOnStaff(Conflict):
    """Whoever works for a service has to leave its staff first."""

    code = "still-on-staff"
    title = "You still work for a service"
    advice = "Ask an administrator to end your roles on the staff, then come back."


class PlanChanged(Conflict):
    """Something came or went since the person read what would go."""

    code = "erasure-plan-changed"
    title = "What would go has changed"
    advice = "Look at it again before you go on."


class AlreadyErased(Conflict):
    """Nothing is left of the account that could go."""

    code = "already-erased"
    title = "This account was erased before"


@transaction.atomic(savepoint=False)
def erase(*, user: User, seen: str, by: Actor, at: datetime) -> Plan:
    """Erase a person and their accounts, as far as no hold keeps them; return what was done.

    `seen` is the mark of the plan that they were shown. What has to stay names their accounts by
    the id of the service only. Raises NotYou, StillOnStaff, PlanChanged.
    """
    if by.id != user.pk:
        raise users.NotYou("These are somebody else's data.")
    locked = User.objects.select_for_update().get(pk=user.pk)
    if StaffAssignment.objects.filter(user=locked, ended_at=None).exists():
        raise StillOnStaff("You still have a role on the staff of a service.")
    # A hold that is being placed waits, and one that was placed is seen.
    hold_lock.share()
    list(Account.objects.filter(user=locked).select_for_update().order_by("pk"))
    plan = erasure.get_plan(user=locked, at=at)
    if plan.mark != seen:
        raise PlanChanged("Since you opened this page, something came or went.")
    for account_plan in plan.accounts:
        _erase_account(account_plan, by=by, at=at)
    new = {"accounts": len(plan.accounts), "keeps_sign_in": plan.keeps_sign_in}
    audit.record(action="erasures.erase", record=locked, by=by, at=at, new=new)
    if not plan.keeps_sign_in:
        _erase_sign_in(locked)
    return plan


@transaction.atomic(savepoint=False)
def erase_account(*, account: Account, seen: str, by: Actor, at: datetime) -> AccountPlan:
    """Erase one account for somebody who asked in another way; return what was done.

    Whoever signs in with it goes on doing so, without this account. Raises PlanChanged,
    AlreadyErased.
    """
    hold_lock.share()
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.erased_at is not None:
        raise AlreadyErased(f"{locked} was erased before. There is nothing left to do.")
    plan = erasure.get_account_plan(account=locked, at=at)
    if plan.mark != seen:
        raise PlanChanged("Since you opened this page, something came or went.")
    _erase_account(plan, by=by, at=at)
    return plan


def _erase_account(plan: AccountPlan, *, by: Actor, at: datetime) -> None:
    account = plan.account
    gone: Mapping[str, int] = {
        data_class.name: engine.erase([account.pk], goes=data_class.on_erasure.goes(at))
        for data_class, engine in erasure.list_leaving()
        if data_class.on_erasure.goes is not None
    }
    if not plan.is_held:
        Account.objects.filter(pk=account.pk).update(display_name="", user=None, erased_at=at)
    new = {"gone": {name: rows for name, rows in gone.items() if rows}, "is_held": plan.is_held}
    audit.record(action="erasures.erase_account", record=account, by=by, at=at, new=new)


def _erase_sign_in(user: User) -> None:
    """Delete the person. Of former staff an empty row stays, which their decisions name."""
    AccessAttempt.objects.filter(username=user.email).delete()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        store(key).delete()
    if not StaffAssignment.objects.filter(user=user).exists():
        try:
            with transaction.atomic():
                user.delete()
                return
        except ProtectedError:
            pass
    for model in (EmailAddress, Authenticator, UserSession):
        model.objects.filter(user=user).delete()
    user.email, user.name = f"erased-{user.pk}@erased.invalid", ""
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.language, user.timezone, user.last_login = "en", "UTC", None
    user.save()
