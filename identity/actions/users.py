"""What people may change about themselves."""

from datetime import datetime

from django.db import transaction

from identity import preferences
from identity.models import User
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden


class StalePreferences(Conflict):
    """Your details were changed elsewhere, perhaps in another window."""

    code = "stale-preferences"
    title = "Your details have changed"
    advice = "Look at what is stored now, and save again if you still want to change it."


class NotYou(Forbidden):
    """People change their own details only."""

    code = "not-you"


@transaction.atomic(savepoint=False)
def update(
    *, user: User, seen: str, name: str, language: str, timezone: str, by: Actor, at: datetime
) -> User:
    """Change how somebody is called, and in which language and zone. Raises StalePreferences."""
    if by.id != user.pk:
        raise NotYou("These are somebody else's details.")
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if preferences.mark_of(locked) != seen:
        raise StalePreferences("Your details were changed meanwhile. Check them and save again.")
    old = {"language": locked.language, "timezone": locked.timezone}
    new = {"language": language, "timezone": timezone, "renamed": locked.name != name}
    locked.name, locked.language, locked.timezone = name, language, timezone
    locked.save(update_fields=["name", "language", "timezone"])
    audit.record(action="users.update", record=locked, by=by, at=at, old=old, new=new)
    return locked


@transaction.atomic(savepoint=False)
def switch_single_keys(*, user: User, on: bool, by: Actor, at: datetime) -> None:
    """Let single keys act in the staff admin for this person, or not (WCAG 2.1.4)."""
    if by.id != user.pk:
        raise NotYou("These are somebody else's keys.")
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    old = {"single_keys": locked.single_keys}
    locked.single_keys = on
    locked.save(update_fields=["single_keys"])
    new = {"single_keys": on}
    audit.record(action="users.switch_single_keys", record=locked, by=by, at=at, old=old, new=new)
