"""How somebody is called, in which language and time zone they are told, and their accounts."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import forms
from groups.queries import dashboard, own_data
from groups.views import visitor
from identity import preferences
from identity.actions import users
from identity.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    user = visitor.user_of(request)
    form = forms.PreferencesForm(
        request.POST if request.method == "POST" else None, initial=_details(user)
    )
    if form.is_valid():
        with visitor.refusals(form):
            users.update(
                user=user,
                seen=form.cleaned_data["seen"],
                name=form.cleaned_data["name"],
                language=form.cleaned_data["language"],
                timezone=form.cleaned_data["timezone"],
                by=visitor.actor_of(request),
                at=visitor.now(),
            )
        if form.is_valid():
            messages.success(request, "Your details were saved.")
            return redirect("groups:account")
    if form.is_bound:
        user.refresh_from_db()
        visitor.renew(request, form, seen=preferences.mark_of(user))
    context = {
        "form": form,
        "stored": user,
        "accounts": dashboard.list_accounts(user=user),
    }
    status = form.status if form.is_bound else 200
    return render(request, "groups/account.html", context, status=status)


@require_safe
@login_required
def download(request: HttpRequest) -> HttpResponse:
    """Send everything that is held about the reader as one file."""
    at = visitor.now()
    held = own_data.get_everything(user=visitor.user_of(request), at=at)
    body = json.dumps(held, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="accord-{at:%Y-%m-%d}.json"'
    response["Cache-Control"] = "no-store"
    return response


def _details(user: User) -> dict[str, str]:
    return {
        "seen": preferences.mark_of(user),
        "name": user.name,
        "language": user.language,
        "timezone": user.timezone,
    }
