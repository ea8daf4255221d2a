"""How somebody is called, in which language and time zone they are told, and their accounts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groups import forms
from groups.queries import dashboard
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


def _details(user: User) -> dict[str, str]:
    return {
        "seen": preferences.mark_of(user),
        "name": user.name,
        "language": user.language,
        "timezone": user.timezone,
    }
