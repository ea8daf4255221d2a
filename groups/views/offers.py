"""The page of an offer for both sides, and what each may do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import access, forms, ownership
from groups.actions import transfers as transfer_actions
from groups.models import Transfer
from groups.queries import transfers as transfer_queries
from groups.views import visitor
from identity.models import User

STATES = {
    "OFFERED": ("info", "Waits for an answer"),
    "ACCEPTED": ("good", "Accepted"),
    "DECLINED": ("neutral", "Declined"),
    "CANCELLED": ("neutral", "Cancelled"),
    "EXPIRED": ("neutral", "Not answered in time"),
    "TAKEN_BACK": ("neutral", "Taken back"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that one side does with an offer, after being asked once more."""

    name: str
    get: Callable[[User, str], Transfer]
    do: Callable[..., object]
    done: str
    is_grave: bool = False


ACCEPT = Step(
    "accept",
    access.get_transfer_to,
    transfer_actions.accept,
    "You are responsible for {group} now.",
)
DECLINE = Step(
    "decline",
    access.get_transfer_to,
    transfer_actions.decline,
    "You declined. {group} stays where it is.",
    is_grave=True,
)
CANCEL = Step(
    "cancel",
    access.get_transfer_from,
    transfer_actions.cancel,
    "The offer is cancelled. {group} stays with you.",
    is_grave=True,
)
TAKE_BACK = Step(
    "take_back",
    access.get_transfer_from,
    transfer_actions.take_back,
    "{group} is yours again.",
    is_grave=True,
)


@require_safe
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    user = visitor.user_of(request)
    transfer = access.get_transfer_for(user, id)
    return render(request, "groups/offer.html", _context(request, transfer))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def accept(request: HttpRequest, id: str) -> HttpResponse:
    return _ask(request, id, ACCEPT)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decline(request: HttpRequest, id: str) -> HttpResponse:
    return _ask(request, id, DECLINE)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, id: str) -> HttpResponse:
    return _ask(request, id, CANCEL)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def take_back(request: HttpRequest, id: str) -> HttpResponse:
    return _ask(request, id, TAKE_BACK)


def _ask(request: HttpRequest, id: str, step: Step) -> HttpResponse:
    """Ask once more, then do it; what ended meanwhile is refused and shown as it is now."""
    user = visitor.user_of(request)
    transfer = step.get(user, id)
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            step.do(transfer=transfer, by=visitor.actor_of(request), at=visitor.now())
        if form.is_valid():
            messages.success(request, step.done.format(group=transfer.group))
            return redirect("groups:offer", id=transfer.pk)
        transfer = step.get(user, id)
    context = _context(request, transfer) | {"step": step, "form": form}
    status = form.status if form.is_bound else 200
    return render(request, "groups/offer_step.html", context, status=status)


def _context(request: HttpRequest, transfer: Transfer) -> dict[str, Any]:
    user, at = visitor.user_of(request), visitor.now()
    group, state = transfer.group, _state_of(transfer)
    is_open = transfer_queries.get_open_offer(group=group, at=at) == transfer
    is_recipient = transfer.to_account.user_id == user.pk
    cooling = transfer_queries.get_cooling(group=group, at=at)
    badge, label = STATES[state]
    found: dict[str, Any] = {
        "section": "groups",
        "trail": [("/", "Home"), ("", f"Offer of {group}")],
        "transfer": transfer,
        "group": group,
        "state": state,
        "badge": badge,
        "state_label": label,
        "is_open": is_open,
        "is_recipient": is_recipient,
        "is_giver": transfer.from_account.user_id == user.pk,
        "back_until": transfer.may_be_taken_back_until if cooling == transfer else None,
    }
    if is_open and is_recipient:
        found["handed"] = transfer_queries.get_handed(group=group, user=user)
        found["obstacles"] = ownership.list_obstacles(
            account=transfer.to_account, group=group, at=at
        )
    return found


def _state_of(transfer: Transfer) -> str:
    if transfer.taken_back_at:
        return "TAKEN_BACK"
    if transfer.state == Transfer.State.OFFERED and transfer.expires_at <= visitor.now():
        return "EXPIRED"
    return transfer.state
