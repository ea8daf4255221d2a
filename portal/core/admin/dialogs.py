"""Dialogs that change something from a list or a record's page, by POST only.

unfold's plain actions are links that act on GET, so ours are all made with `dialog=`; a test
walks every page and fails on any other.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect
from unfold.forms import BaseDialogForm

from portal.core import errors

TEMPLATE = "unfold/helpers/dialog.html"


class Confirmation(BaseDialogForm):
    """Nothing to fill in: the question is in the dialog's text."""


class Foreseen(BaseDialogForm):
    """Says above the fields what would follow; only asked for when the dialog is shown."""

    form_before_template = "admin/accord/foreseen.html"

    def foresee(self) -> list[str]:
        """Return the sentences; none shows nothing."""
        return []

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        return {"sentences": self.foresee()}


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def answer(
    request: HttpRequest,
    *,
    form: forms.Form,
    dialog: dict[str, Any],
    do: Callable[[], str],
    back: str | Callable[[], str],
) -> HttpResponse:
    """Do it, say so and go `back`; a refusal is shown in the dialog, with what was typed.

    Where to go can depend on what was done.
    """
    try:
        sentence = do()
    except errors.AccordError as problem:
        form.add_error(None, str(problem))
        return ask_again(request, form=form, dialog=dialog, status=problem.status)
    messages.success(request, sentence)
    back = back() if callable(back) else back
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(back)
    return HttpResponseRedirect(back)


def ask_again(
    request: HttpRequest, *, form: forms.Form, dialog: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show the dialog once more with what was typed, such as after a look at the effect."""
    submit = dialog.get("form_submit_text", "")
    context = {"dialog": dialog, "form": form, "form_submit_text": submit}
    return render(request, TEMPLATE, context, status=status)
