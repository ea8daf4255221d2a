"""What every page of the dashboard starts from: who asks, when, and what was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from groups import forms
from identity.models import User
from portal.core.actors import Actor
from portal.core.errors import AccordError

PAGE = 25
Row = TypeVar("Row", bound=Model)


def user_of(request: HttpRequest) -> User:
    """Return the person behind a view that asks for a sign-in."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    return Actor.user(user_of(request))


def now() -> datetime:
    return timezone.now()


@contextmanager
def refusals(form: forms.Form) -> Iterator[None]:
    """Run an action for a form: what it refuses is said beside the form, and nothing is kept."""
    try:
        with transaction.atomic():
            yield
    except AccordError as error:
        form.add_error(None, str(error))
        form.status = error.status


def renew(request: HttpRequest, form: forms.Form, **shown: str) -> None:
    """Have a refused form carry what is stored now, beside what the person typed."""
    data = request.POST.copy()
    for name, value in shown.items():
        data[name] = value
    form.data = data


def page_of(rows: QuerySet[Row], *, size: int = PAGE) -> tuple[list[Row], bool]:
    """Return the first rows, and whether there are more."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def uuid_in(text: str) -> UUID | None:
    """Read an id from an address; anything else is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
