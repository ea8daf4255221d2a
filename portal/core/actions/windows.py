"""Retention windows are settings that two people change, for all platforms at once."""

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from portal.core import audit
from portal.core.actions import purge as purges
from portal.core.actors import Actor
from portal.core.data_classes import DataClass
from portal.core.errors import Conflict, Invalid
from portal.core.models import WindowChange


class WindowNotValid(Invalid):
    """A window lies between its floor and its ceiling, and a change states its reason."""

    code = "window-not-valid"


class WindowConflict(Conflict):
    """The change was settled before, or another one is open, or the same person would approve."""

    code = "window-conflict"


@transaction.atomic(savepoint=False)
def propose(
    *, data_class: DataClass, days: int, reason: str, by: Actor, at: datetime
) -> WindowChange:
    """Propose another window; nothing changes before a second person approves it.

    Raises WindowNotValid, and WindowConflict while another change of the class is open.
    """
    check(data_class=data_class, days=days)
    if by.id is None or not by.is_person:
        raise WindowNotValid("A window is changed by people who answer for it.")
    if not reason.strip():
        raise WindowNotValid("Say why the window is changed.")
    try:
        with transaction.atomic():
            change = WindowChange.objects.create(
                data_class=data_class.name,
                days=days,
                days_before=data_class.days(),
                floor=data_class.window.floor,
                ceiling=data_class.window.ceiling,
                reason=reason.strip(),
                proposed_by=by.id,
                proposed_at=at,
            )
    except IntegrityError as error:
        if "one_open_window_change_per_class" not in str(error):
            raise
        raise WindowConflict(
            f"A change of the window of {data_class.name} waits already. Approve or withdraw it."
        ) from error
    old, new = {"days": change.days_before}, {"data_class": data_class.name, "days": days}
    audit.record(action="windows.propose", record=change, by=by, at=at, old=old, new=new)
    return change


@transaction.atomic(savepoint=False)
def approve(
    *, change: WindowChange, data_class: DataClass, by: Actor, at: datetime
) -> WindowChange:
    """Put a change in force as the second person.

    Not while a purge runs: it would go on by the window it began with. Raises WindowConflict,
    WindowNotValid where floor or ceiling have moved since, PurgeRunning.
    """
    if by.id == change.proposed_by or not by.is_person:
        raise WindowConflict("Somebody else than the person who proposed a window approves it.")
    check(data_class=data_class, days=change.days)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [purges.LOCK])
        if not cursor.fetchone()[0]:
            raise purges.PurgeRunning(
                "A purge is running by the window of before. Approve this when it has finished."
            )
    if (
        not WindowChange.objects.open()
        .filter(pk=change.pk)
        .update(approved_by=by.id, approved_at=at)
    ):
        raise WindowConflict("This change has already been approved or withdrawn.")
    old, new = {"days": change.days_before}, {"days": change.days}
    audit.record(action="windows.approve", record=change, by=by, at=at, old=old, new=new)
    change.refresh_from_db()
    return change


@transaction.atomic(savepoint=False)
def withdraw(*, change: WindowChange, by: Actor, at: datetime) -> WindowChange:
    """End a proposal without effect; whoever may propose may also withdraw."""
    if by.id is None or not by.is_person:
        raise WindowNotValid("A proposal is withdrawn by a person.")
    if (
        not WindowChange.objects.open()
        .filter(pk=change.pk)
        .update(withdrawn_by=by.id, withdrawn_at=at)
    ):
        raise WindowConflict("This change has already been approved or withdrawn.")
    audit.record(action="windows.withdraw", record=change, by=by, at=at)
    change.refresh_from_db()
    return change


def check(*, data_class: DataClass, days: int) -> None:
    """Raise WindowNotValid unless the class may be kept for `days`, and is not already."""
    window = data_class.window
    if window.is_fixed:
        raise WindowNotValid(
            f"The window of {data_class.name} is always {window.days} days; it cannot be changed."
        )
    if window.within(days) != days:
        raise WindowNotValid(
            f"Choose between {window.floor} and {window.ceiling} days for {data_class.name}."
        )
    if days == data_class.days():
        raise WindowNotValid(f"The window of {data_class.name} is {days} days already.")
