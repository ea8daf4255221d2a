"""What owners take on: the text, and for which groups the reader has confirmed to have read it."""

from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groups import access, forms
from groups.actions import duties
from groups.queries import dashboard
from groups.queries import duties as duties_queries
from groups.views import visitor
from identity.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show the duties on each service; by POST, note that the reader has read them."""
    user = visitor.user_of(request)
    form = forms.DutiesForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        account = access.get_account_of(user, form.cleaned_data["account"])
        read = access.get_duties_on(account.platform, form.cleaned_data["duties"])
        with visitor.refusals(form):
            made = duties.acknowledge(
                account=account, duties=read, by=visitor.actor_of(request), at=visitor.now()
            )
        if form.is_valid():
            count = f"{len(made)} groups" if len(made) != 1 else "1 group"
            messages.success(request, f"You confirmed that you read them, for {count}.")
            return redirect("groups:duties")
    context = {
        "section": "groups",
        "trail": [("/", "Home"), ("", "Duties of owners")],
        "form": form,
        "platforms": list(_platforms(user)),
    }
    status = form.status if form.is_bound else 200
    return render(request, "groups/duties.html", context, status=status)


def _platforms(user: User) -> list[dict[str, object]]:
    """Return the text on each service where the reader has an account, and what is open there."""
    waiting = {
        account_id: list(tenures)
        for account_id, tenures in groupby(
            duties_queries.list_unacknowledged_of(user=user), key=lambda one: one.account_id
        )
    }
    found = []
    for account in dashboard.list_accounts(user=user):
        current = duties_queries.get_current(
            platform_id=account.platform_id, languages=[user.language, account.platform.language]
        )
        if current is not None:
            found.append(
                {"account": account, "duties": current, "waiting": waiting.get(account.pk, [])}
            )
    return found
