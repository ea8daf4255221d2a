"""Groups without an owner: claim one, follow the claim, take it back."""

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import access, forms, ownership
from groups.actions import claims as claim_actions
from groups.models import Claim, Group
from groups.queries import claims as claim_queries
from groups.queries import dashboard
from groups.views import visitor
from identity.models import Account
from portal.core import errors

MOST_SHOWN = 50
STATES = {
    "OFFERED": ("info", "Waits for an answer"),
    "ACCEPTED": ("good", "The group is yours"),
    "DECLINED": ("neutral", "Not given to you"),
    "CANCELLED": ("neutral", "Withdrawn"),
    "EXPIRED": ("neutral", "Lapsed"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def claim(request: HttpRequest) -> HttpResponse:
    """Take a claim in three steps: name the group, read what follows, and send."""
    accounts = list(dashboard.list_accounts(user=visitor.user_of(request)))
    step = request.POST.get("step", "")
    if request.method != "POST" or step == "edit":
        typed = {name: request.POST[name] for name in ("account", "group") if name in request.POST}
        return _choose(request, forms.ClaimForm(accounts=accounts, initial=typed))
    form = forms.ClaimForm(request.POST, accounts=accounts)
    group = _find(form) if form.is_valid() else None
    if group is None:
        return _choose(request, form)
    account = form.chosen_account()
    if step != "send":
        return _review(request, form, group, account)
    with visitor.refusals(form):
        made = claim_actions.claim(
            group=group, account=account, by=visitor.actor_of(request), at=visitor.now()
        )
    if not form.is_valid():
        return _choose(request, form)
    messages.success(request, f"You claimed {group}.")
    return redirect("groups:claim", id=made.pk)


def _find(form: forms.ClaimForm) -> Group | None:
    """Return the group that the person named; one that cannot be claimed is said there."""
    account = form.chosen_account()
    try:
        group = access.get_claimable_group(
            account.platform, form.cleaned_data["group"], at=visitor.now()
        )
    except errors.NotFound as error:
        form.add_error("group", str(error))
        return None
    if claim_queries.get_open_claim(group=group, account=account):
        form.add_error("group", f"You have claimed {group} already.")
        return None
    return group


def _choose(request: HttpRequest, form: forms.ClaimForm) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    made = [
        (one, *STATES[one.state]) for one in claim_queries.list_claims_of(user=user)[:MOST_SHOWN]
    ]
    context = {
        "section": "groups",
        "trail": [("/groups/", "My groups"), ("", "Groups without an owner")],
        "form": form,
        "known": _with_accounts(claim_queries.list_known_claimable(user=user, at=at), form),
        "claims": made,
    }
    status = form.status if form.is_bound else 200
    return render(request, "groups/claims.html", context, status=status)


def _with_accounts(groups: Iterable[Group], form: forms.ClaimForm) -> list[tuple[Group, Account]]:
    """Pair each group with the person's account on its platform."""
    own = {account.platform_id: account for account in form.accounts.values()}
    return [(group, own[group.platform_id]) for group in groups]


def _review(
    request: HttpRequest, form: forms.ClaimForm, group: Group, account: Account
) -> HttpResponse:
    obstacles = ownership.list_obstacles(account=account, group=group, at=visitor.now())
    context = {
        "section": "groups",
        "trail": [("/groups/", "My groups"), ("", "Claim a group")],
        "form": form,
        "group": group,
        "account": account,
        "obstacles": obstacles,
    }
    return render(request, "groups/claim_review.html", context)


@require_safe
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    found = access.get_claim_of(visitor.user_of(request), id)
    return render(request, "groups/claim.html", _context(found))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: HttpRequest, id: str) -> HttpResponse:
    """Ask once more, then take the claim back."""
    user = visitor.user_of(request)
    found = access.get_claim_of(user, id)
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            claim_actions.withdraw(claim=found, by=visitor.actor_of(request), at=visitor.now())
        if form.is_valid():
            messages.success(request, f"You withdrew your claim to {found.group}.")
            return redirect("groups:claim", id=found.pk)
        found = access.get_claim_of(user, id)
    status = form.status if form.is_bound else 200
    context = _context(found) | {"form": form}
    return render(request, "groups/claim_withdraw.html", context, status=status)


def _context(found: Claim) -> dict[str, object]:
    badge, label = STATES[found.state]
    is_open = found.state == Claim.State.OFFERED
    return {
        "section": "groups",
        "trail": [("/claims/", "Groups without an owner"), ("", f"Claim to {found.group}")],
        "claim": found,
        "group": found.group,
        "badge": badge,
        "state_label": label,
        "is_open": is_open,
        "may_withdraw": is_open and found.expires_at > visitor.now(),
    }
