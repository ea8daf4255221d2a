"""An appeal: what they say against the decision, what it did, and the answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from credit.models import LedgerEntry, Sanction
from groups import access
from groups.actions import appeals
from groups.admin import pages
from groups.admin.appeals import state_tag
from groups.admin.cases import due_tag
from groups.admin.decisions import measure_in_words
from groups.admin.work import cases, forms, queues, timeline
from groups.models import Appeal
from groups.queries import dossier
from identity.roles import Permission
from portal.core import errors

Page = Callable[[HttpRequest, Appeal], HttpResponse]


def appeal_for(request: HttpRequest, pk: UUID) -> Appeal:
    found: Appeal = access.get_appeal_for(request.user, pk)
    pages.require(request, Permission.VIEW_RECORDS, found.platform_id)
    return found


def _address(appeal: Appeal) -> str:
    url = reverse("admin:work_appeal", args=[appeal.pk])
    return f"{url}?{urlencode({'queue': 'appeals'})}"


@require_safe
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    return review(request, appeal_for(request, pk))


def review(
    request: HttpRequest,
    appeal: Appeal,
    *,
    problem: errors.AccordError | None = None,
    form: forms.AppealForm | None = None,
    measures: Any = None,
    status: int = 200,
) -> HttpResponse:
    decision = appeal.decision
    beside = dossier.get_dossier(case=decision.case, at=pages.now())
    user = request.user.pk
    is_open = appeal.state in Appeal.OPEN_STATES
    may_review = pages.may(request, Permission.REVIEW_APPEALS, appeal.platform_id)
    took_part = user in (decision.decided_by_id, decision.approved_by_id)
    return pages.render(
        request,
        "admin/accord/work/appeal.html",
        title=appeal.reference,
        trail=(pages.home(), ("Appeals", reverse("admin:groups_appeal_changelist"))),
        status=status,
        appeal=appeal,
        decision=decision,
        case=decision.case,
        dossier=beside,
        timeline=timeline.lines(beside.timeline),
        queue=queues.beside(request, "appeals"),
        state=state_tag(appeal),
        due=due_tag(appeal) if is_open else "",
        measures=[measure_in_words(row) for row in decision.measures.order_by("pk")],
        entries=LedgerEntry.objects.filter(decision_id=decision.pk).order_by("sequence"),
        sanctions=Sanction.objects.filter(decision_id=decision.pk).order_by("starts_at", "pk"),
        problem=problem,
        took_part=took_part,
        may_read_evidence=pages.may(request, Permission.CLAIM_CASES, appeal.platform_id),
        may_take=may_review and appeal.state == Appeal.State.SUBMITTED and not took_part,
        may_decide=may_review
        and appeal.state == Appeal.State.IN_REVIEW
        and appeal.reviewer_id == user,
        form=form or forms.AppealForm(initial={"version": appeal.version}),
        measure_forms=measures or forms.MeasureForms(prefix="measures", initial=_to_keep(appeal)),
        may_keep_points=appeal.flag_id is None and decision.points != 0,
    )


def _to_keep(appeal: Appeal) -> list[dict[str, Any]]:
    """Begin a reversal in part from what was decided; a reporter asks for something else."""
    if appeal.flag_id is not None:
        return []
    return [
        {
            "kind": row.kind,
            "privilege": row.privilege,
            "where": forms.IN_GROUP if row.in_group_id else forms.ON_PLATFORM,
            "days": row.days,
        }
        for row in appeal.decision.measures.order_by("pk")
    ]


def reviewing(view: Page) -> Callable[..., HttpResponse]:
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, pk: UUID) -> HttpResponse:
        appeal = appeal_for(request, pk)
        pages.require(request, Permission.REVIEW_APPEALS, appeal.platform_id)
        try:
            return view(request, appeal)
        except errors.AccordError as problem:
            appeal = appeal_for(request, pk)
            return review(request, appeal, problem=problem, status=problem.status)

    return guarded


@reviewing
def take(request: HttpRequest, appeal: Appeal) -> HttpResponse:
    version = pages.version(request)
    appeals.take(appeal=appeal, version=version, by=pages.actor(request), at=pages.now())
    return cases.done(request, _address(appeal), f"{appeal.reference} is yours.")
