"""Being verified: what is held, asking for it, and what became of what one asked."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groups import access, forms, verification_forms
from groups.views import visitor
from identity import email_links, queries
from identity.actions import requests
from identity.models import Account, VerificationRequest
from portal.core.errors import AccordError

State = VerificationRequest.State
STATES = {
    State.PENDING: ("info", "Waits for an officer"),
    State.IN_REVIEW: ("info", "In review"),
    State.APPROVED: ("good", "Approved"),
    State.DECLINED: ("bad", "Declined"),
    State.EXPIRED: ("neutral", "Lapsed"),
    State.WITHDRAWN: ("neutral", "Withdrawn"),
}
# Of what the person goes through without an officer.
WAITS = {
    "EMAIL": ("info", "Waits for you to open the link"),
    "OIDC": ("info", "Waits for you to come back"),
}
TRAIL = [("/", "Home"), ("/account/", "About you"), ("", "Verification")]
# What a level of assurance means, in the words of people.
MEANINGS = {
    "BASIC": "The lowest of three levels: little was checked, such as that you read your mail.",
    "SUBSTANTIAL": "The middle of three levels: who you are was checked with care.",
    "HIGH": "The highest of three levels: who you are was checked most strictly.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    """Show what is attested of the reader on one service; by POST, ask for it."""
    account, at = access.get_account_of(visitor.user_of(request), id), visitor.now()
    form = verification_forms.AskForm(request.POST if request.method == "POST" else None)
    form.offer(list(queries.list_providers(account=account, kinds=requests.ASKED_BY_PERSON)))
    if form.is_valid():
        with visitor.refusals(form):
            asked = requests.start(
                account=account,
                provider=form.cleaned_data["provider"],
                by=visitor.actor_of(request),
                at=at,
            )
        if form.is_valid() and asked.provider.kind == asked.provider.Kind.OIDC:
            return redirect("groups:verification_continue", id=asked.pk)
        if form.is_valid():
            messages.success(request, _said(asked))
            return redirect("groups:verification", id=account.pk)
    status = form.status if form.is_bound else 200
    return render(request, "groups/verification.html", _page(account, form), status=status)


def _said(asked: VerificationRequest) -> str:
    if asked.mail_due_at:
        return "A link is on its way to your email address. It works once, within 24 hours."
    return "You asked to be verified. An identity officer looks at it."


def _page(account: Account, form: verification_forms.AskForm) -> dict[str, object]:
    at = visitor.now()
    asked = list(queries.list_requests(account=account)[: visitor.PAGE])
    valid = queries.get_valid(account=account, at=at)
    return {
        "section": "account",
        "trail": TRAIL,
        "account": account,
        "valid": valid,
        "meaning": MEANINGS[valid.level] if valid else "",
        "verifications": queries.list_verifications(account=account)[: visitor.PAGE],
        "requests": [
            {
                "row": row,
                "state": state_of(row),
                "is_open": row.state in requests.OPEN,
                "may_appeal": queries.may_appeal(request=row, at=at),
                "appealable_until": row.decided_at + queries.APPEALED_WITHIN
                if row.decided_at
                else None,
            }
            for row in asked
        ],
        "looks": queries.list_looks(account=account)[: visitor.PAGE],
        "form": form,
        "has_providers": bool(getattr(form.fields["provider"], "choices", ())),
        "now": at,
    }


def state_of(asked: VerificationRequest) -> tuple[str, str]:
    waits = WAITS.get(asked.provider.kind)
    return waits if waits and asked.state == State.PENDING else STATES[State(asked.state)]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: HttpRequest, id: str) -> HttpResponse:
    """Ask once more, then take the request back."""
    asked = access.get_verification_request_of(visitor.user_of(request), id)
    form = verification_forms.StateForm(
        request.POST if request.method == "POST" else None, initial={"state": asked.state}
    )
    if form.is_valid():
        with visitor.refusals(form):
            if form.cleaned_data["state"] != asked.state:
                raise requests.RequestEnded("Your request has moved on. Look at it again.")
            requests.withdraw(request=asked, by=visitor.actor_of(request), at=visitor.now())
        if form.is_valid():
            messages.success(request, "You withdrew your request.")
            return redirect("groups:verification", id=asked.account_id)
        visitor.renew(request, form, state=asked.state)
    return _step(request, "groups/verification_withdraw.html", asked, form, "Withdraw")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appeal(request: HttpRequest, id: str) -> HttpResponse:
    """Ask for another officer to look at a refusal."""
    asked = access.get_verification_request_of(visitor.user_of(request), id)
    form = verification_forms.GroundsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            requests.appeal(
                request=asked,
                grounds=form.cleaned_data["grounds"],
                by=visitor.actor_of(request),
                at=visitor.now(),
            )
        if form.is_valid():
            messages.success(request, "Your appeal was sent. Another officer looks at it.")
            return redirect("groups:verification", id=asked.account_id)
    return _step(request, "groups/verification_appeal.html", asked, form, "Appeal")


def _step(
    request: HttpRequest,
    template: str,
    asked: VerificationRequest,
    form: verification_forms.StateForm | verification_forms.GroundsForm,
    step: str,
) -> HttpResponse:
    at = visitor.now()
    context = {
        "section": "account",
        "trail": [
            ("/", "Home"),
            (f"/account/{asked.account_id}/verification/", "Verification"),
            ("", step),
        ],
        "asked": asked,
        "state": state_of(asked),
        "is_open": asked.state in requests.OPEN,
        "may_appeal": queries.may_appeal(request=asked, at=at),
        "until": asked.decided_at + queries.APPEALED_WITHIN if asked.decided_at else None,
        "form": form,
    }
    return render(request, template, context, status=form.status if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link is for; only the button on the page records anything."""
    user, at = visitor.user_of(request), visitor.now()
    try:
        asked = access.get_linked_request_of(user, token)
        _check(asked, is_late=asked.due_at <= at)
    except (email_links.LinkNotValid, requests.RequestEnded) as error:
        return _refuse(request, error)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            requests.confirm(request=asked, by=visitor.actor_of(request), at=at)
        if form.is_valid():
            messages.success(request, "Your email address is confirmed.")
            return redirect("groups:verification", id=asked.account_id)
    context = {"section": "account", "asked": asked, "form": form, "address": user.email}
    status = form.status if form.is_bound else 200
    return render(request, "groups/verification_link.html", context, status=status)


def _check(asked: VerificationRequest, *, is_late: bool) -> None:
    """Raise RequestEnded, with the sentence that fits, unless the link still works."""
    if asked.state == State.APPROVED:
        raise requests.RequestEnded("This link was used before. There is nothing left to do.")
    if asked.state != State.PENDING or is_late:
        raise requests.RequestEnded("This link no longer works. Ask for a new one.")


def _refuse(request: HttpRequest, error: AccordError) -> HttpResponse:
    context = {"section": "account", "sentence": str(error)}
    return render(request, "groups/verification_link_wrong.html", context, status=error.status)
