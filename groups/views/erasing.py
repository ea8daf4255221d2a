"""A person is erased: first they read what would go and what would stay, then they confirm."""

from allauth.account.decorators import reauthentication_required
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import forms
from groups.queries import dashboard
from groups.views import visitor
from identity import erasure
from identity.actions import erasures
from identity.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
# Whoever finds an open browser must not end somebody's account with it.
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def erase(request: HttpRequest) -> HttpResponse:
    """Show what would go and what stays; by POST, erase it."""
    user, at = visitor.user_of(request), visitor.now()
    form = forms.EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            done = erasures.erase(
                user=user, seen=form.cleaned_data["seen"], by=visitor.actor_of(request), at=at
            )
        if form.is_valid():
            if done.keeps_sign_in:
                return redirect("groups:erase")
            logout(request)
            return redirect("groups:erased")
    return _page(request, user, form)


def _page(request: HttpRequest, user: User, form: forms.EraseForm) -> HttpResponse:
    plan = erasure.get_plan(user=user, at=visitor.now())
    if form.is_bound:
        visitor.renew(request, form, seen=plan.mark)
    else:
        form.initial["seen"] = plan.mark
    context = {
        "section": "account",
        "trail": [("/", "Home"), ("/account/", "About you"), ("", "Erase me")],
        "plan": plan,
        "form": form,
        "open": dashboard.list_open_matters(user=user),
    }
    status = form.status if form.is_bound else 200
    return render(request, "groups/erase.html", context, status=status)


@require_safe
def show_erased(request: HttpRequest) -> HttpResponse:
    """Say goodbye to somebody who can no longer sign in."""
    return render(request, "groups/erased.html")
