"""A new secret is shown once: in the answer to the request that made it, which nothing keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django_htmx.http import reselect, reswap, retarget

from portal.core import errors
from portal.core.admin import dialogs, panels


@dataclass(frozen=True, slots=True)
class Made:
    title: str
    """What happened, in a sentence."""
    note: str
    """What to do with the secret."""
    record: Model
    secret: str = field(repr=False)
    facts: Sequence[tuple[str, str]] = ()
    """What goes with it, such as the client id."""


def answer(
    request: HttpRequest, *, form: forms.Form, dialog: dict[str, Any], make: Callable[[], Made]
) -> HttpResponse:
    """Make it and show it, in place of the page; a refusal is shown in the dialog.

    No redirect: the secret would have to wait for it somewhere.
    """
    try:
        made = make()
    except errors.AccordError as problem:
        form.add_error(None, str(problem))
        return dialogs.ask_again(request, form=form, dialog=dialog, status=problem.status)
    meta = made.record._meta
    link = panels.list_of(type(made.record))
    context = {
        **admin.site.each_context(request),
        "title": "A new secret",
        "trail": [
            {"title": admin.site.index_title, "link": reverse("admin:index")},
            {"title": capfirst(meta.verbose_name_plural), "link": link},
        ],
        "is_fullwidth": "1",
        "made": made,
        "back": panels.page_of(made.record),
    }
    response = render(request, "admin/accord/new_secret.html", context)
    if request.headers.get("HX-Request") == "true":
        return reswap(reselect(retarget(response, "#main"), "#main"), "outerHTML")
    return response
