"""A mark of what somebody chose about themselves, for a form to carry: the version of the user."""

import hashlib

from identity.models import User


def mark_of(user: User) -> str:
    shown = "\0".join((user.name, user.language, user.timezone))
    return hashlib.sha256(shown.encode()).hexdigest()
