"""The second person: sees what the first one saw, and approves it or sends it back."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from groups import access
from groups.actions import decisions
from groups.admin import pages
from groups.admin.decisions import measure_in_words, state_tag
from groups.admin.work import cases, forms, queues, timeline
from groups.models import Decision
from groups.queries import decisions as decision_queries
from groups.queries import dossier
from identity.roles import Permission
from portal.core import errors

Page = Callable[[HttpRequest, Decision], HttpResponse]


def _decision_for(request: HttpRequest, pk: UUID) -> Decision:
    found: Decision = access.get_decision_for(request.user, pk)
    pages.require(request, Permission.VIEW_RECORDS, found.platform_id)
    return found


@require_safe
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    return review(request, _decision_for(request, pk))


def review(
    request: HttpRequest,
    decision: Decision,
    *,
    problem: errors.AccordError | None = None,
    reason: forms.ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at = pages.now()
    beside = dossier.get_dossier(case=decision.case, at=at)
    may_approve = pages.may(request, Permission.APPROVE_DECISIONS, decision.platform_id)
    is_own = decision.decided_by_id == request.user.pk
    effect = decision_queries.preview_stored(decision=decision, at=at) if decision.is_held else None
    return pages.render(
        request,
        "admin/accord/work/decision.html",
        title=decision.reference,
        trail=(pages.home(), ("Decisions", reverse("admin:groups_decision_changelist"))),
        status=status,
        decision=decision,
        case=decision.case,
        dossier=beside,
        timeline=timeline.lines(beside.timeline),
        queue=queues.beside(request, "second"),
        state=state_tag(decision),
        measures=[measure_in_words(row) for row in decision.measures.order_by("pk")],
        effect=effect,
        # The action refuses then, too: nobody approves what the first person did not see.
        has_changed=effect is not None and effect.as_stored() != decision.foreseen,
        problem=problem,
        is_own=is_own,
        may_read_evidence=pages.may(request, Permission.CLAIM_CASES, decision.platform_id),
        may_approve=may_approve and decision.is_held and not is_own,
        reason=reason or forms.ReasonForm(),
    )


def approving(view: Page) -> Callable[..., HttpResponse]:
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, pk: UUID) -> HttpResponse:
        decision = _decision_for(request, pk)
        pages.require(request, Permission.APPROVE_DECISIONS, decision.platform_id)
        try:
            return view(request, decision)
        except errors.AccordError as problem:
            decision = _decision_for(request, pk)
            typed = forms.ReasonForm(request.POST) if "reason" in request.POST else None
            return review(request, decision, problem=problem, reason=typed, status=problem.status)

    return guarded


def _next(request: HttpRequest, sentence: str) -> HttpResponse:
    return cases.done(request, reverse("admin:work_queue", args=["second"]), sentence)


@approving
def approve(request: HttpRequest, decision: Decision) -> HttpResponse:
    decisions.approve(decision=decision, by=pages.actor(request), at=pages.now())
    return _next(request, f"{decision.reference} is in effect.")


@approving
def send_back(request: HttpRequest, decision: Decision) -> HttpResponse:
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        return review(request, decision, reason=form, status=422)
    decisions.return_to_decider(
        decision=decision,
        reason=form.cleaned_data["reason"],
        by=pages.actor(request),
        at=pages.now(),
    )
    return _next(request, f"{decision.reference} went back to {decision.decided_by}.")
