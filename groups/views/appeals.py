"""Contesting a decision: write, look again, send; follow it; take it back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import access, forms, notice_phrases
from groups.actions import appeals as appeal_actions
from groups.models import Appeal, Decision
from groups.queries import decision_page
from groups.queries.decision_page import OwnRight
from groups.views import decisions, visitor

STATES = {
    "SUBMITTED": ("info", "Waits for a reviewer"),
    "IN_REVIEW": ("info", "In review"),
    "UPHELD": ("neutral", "The decision stands"),
    "PARTIALLY_REVERSED": ("good", "Reversed in part"),
    "REVERSED": ("good", "Reversed"),
    "OMITTED": ("neutral", "Ended without a decision"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def write(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an appeal against a decision that is shown to the reader."""
    user = visitor.user_of(request)
    decision = access.get_decision_for_owner(user, reference)
    own = decision_page.get_own_right(decision=decision, user=user, at=visitor.now())
    return compose(request, decision, own)


def compose(request: HttpRequest, decision: Decision, own: OwnRight | None) -> HttpResponse:
    """Take an appeal in three steps: the form, the same words to read again, and sending."""
    step = request.POST.get("step", "")
    if request.method != "POST":
        return _write_page(request, decision, own, forms.AppealForm())
    form = forms.AppealForm(request.POST)
    if step == "edit" or not form.is_valid():
        shown = forms.AppealForm(initial=request.POST.dict()) if step == "edit" else form
        status = 200 if step == "edit" else form.status
        return _write_page(request, decision, own, shown, status=status)
    if step != "send":
        return render(request, "groups/appeal_review.html", _context(decision, own, form))
    with visitor.refusals(form):
        if own is None:
            raise appeal_actions.CannotAppeal("You have no account on this service.")
        appeal = appeal_actions.submit(
            decision=decision,
            appellant=own.account,
            flag=own.right.flag,
            grounds=form.cleaned_data["grounds"],
            new_facts=form.cleaned_data["new_facts"],
            by=visitor.actor_of(request),
            at=visitor.now(),
        )
    if not form.is_valid():
        return _write_page(request, decision, own, form, status=form.status)
    messages.success(request, "Your appeal was sent. Somebody who did not decide reviews it.")
    appeal.refresh_from_db(fields=["number"])
    return redirect("groups:appeal", reference=appeal.reference)


def _write_page(
    request: HttpRequest,
    decision: Decision,
    own: OwnRight | None,
    form: forms.AppealForm,
    *,
    status: int = 200,
) -> HttpResponse:
    return render(request, "groups/appeal_form.html", _context(decision, own, form), status=status)


def _context(decision: Decision, own: OwnRight | None, form: forms.AppealForm) -> dict[str, object]:
    return {
        "section": "groups",
        "trail": [
            ("/", "Home"),
            ("../", decision.reference),
            ("", "Appeal"),
        ],
        "decision": decision,
        "own": own,
        "form": form,
    }


@require_safe
@login_required
def show(request: HttpRequest, reference: str) -> HttpResponse:
    user = visitor.user_of(request)
    appeal = access.get_appeal_for_owner(user, reference)
    badge, state = STATES[appeal.state]
    undone = [effect for effect in decisions.effects_for(appeal.decision, user) if effect.undone_at]
    result = appeal.resulting_decision
    return render(
        request,
        "groups/appeal.html",
        {
            "section": "groups",
            "trail": [("/", "Home"), ("", appeal.reference)],
            "appeal": appeal,
            "badge": badge,
            "state": state,
            "is_open": appeal.state in Appeal.OPEN_STATES,
            "may_withdraw": appeal.state in Appeal.OPEN_STATES and not appeal.proposed_outcome,
            "outcome": notice_phrases.phrases("en").get(appeal.state, ""),
            "undone": undone,
            "result": result if result and result.effective_at else None,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask once more, then take the appeal back."""
    appeal = access.get_appeal_for_owner(visitor.user_of(request), reference)
    form = forms.WithdrawForm(
        request.POST if request.method == "POST" else None, initial={"version": appeal.version}
    )
    if form.is_valid():
        with visitor.refusals(form):
            appeal_actions.withdraw(
                appeal=appeal,
                version=form.cleaned_data["version"],
                by=visitor.actor_of(request),
                at=visitor.now(),
            )
        if form.is_valid():
            messages.success(request, "You withdrew your appeal. The decision stands.")
            return redirect("groups:appeal", reference=appeal.reference)
        # Whoever was too late sees the state it is in now, and may still take it back.
        appeal = access.get_appeal_for_owner(visitor.user_of(request), reference)
        visitor.renew(request, form, version=str(appeal.version))
    context = {
        "section": "groups",
        "trail": [("/", "Home"), ("../", appeal.reference), ("", "Withdraw")],
        "appeal": appeal,
        "state": STATES[appeal.state],
        "form": form,
    }
    status = form.status if form.is_bound else 200
    return render(request, "groups/appeal_withdraw.html", context, status=status)
