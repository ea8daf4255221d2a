"""Taking a decision: the form, the effect it would have, and the confirmation of just that."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from groups import versions
from groups.actions import decisions
from groups.admin import pages
from groups.admin.work import cases, forms
from groups.models import Case
from groups.queries import cases as case_queries
from groups.queries import decisions as decision_queries
from groups.queries.decisions import DecisionPreview
from portal.core import errors


def _case_to_decide(request: HttpRequest, pk: UUID) -> Case:
    case = cases.case_for(request, pk)
    pages.require(request, case_queries.permission_to_decide(case), case.platform_id)
    return case


def foresee(draft: forms.Drafted) -> DecisionPreview:
    return decision_queries.preview(
        case=draft.case,
        outcome=draft.outcome,
        measures=draft.chosen,
        about_owner=draft.form.cleaned_data["about_owner"],
        at=pages.now(),
    )


@require_POST
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the effect before anything is written: in a dialog, or without script as a page."""
    case = _case_to_decide(request, pk)
    draft = forms.Drafted.sent(case, request.POST)
    if not draft.is_valid:
        return _again(request, draft, status=422)
    try:
        _require_current(case, draft)
        effect = foresee(draft)
    except errors.AccordError as problem:
        return _again(request, draft.reworked(), problem=problem, status=problem.status)
    return _confirm(request, draft, effect)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record the decision that was confirmed, unless the case or its effect has changed."""
    case = _case_to_decide(request, pk)
    draft = forms.Drafted.sent(case, request.POST)
    if not draft.is_valid:
        return _again(request, draft, status=422)
    try:
        _require_current(case, draft)
        effect = foresee(draft)
        if draft.form.cleaned_data["seen"] != forms.digest(effect):
            return _confirm(request, draft, effect, changed=True)
        decision = decisions.decide(
            case=case,
            version=draft.form.cleaned_data["version"],
            outcome=draft.outcome,
            facts=draft.form.cleaned_data["facts"],
            reasons=draft.form.cleaned_data["reasons"],
            measures=draft.chosen,
            ground=draft.form.cleaned_data["ground"],
            legal_ground=draft.form.cleaned_data["legal_ground"],
            about_owner=draft.form.cleaned_data["about_owner"],
            by=pages.actor(request),
            at=pages.now(),
        )
    except errors.AccordError as problem:
        case.refresh_from_db()
        return _again(request, draft.reworked(), problem=problem, status=problem.status)
    said = "waits for a second person" if decision.effective_at is None else "is in effect"
    return cases.done(request, cases.address(case, request), f"{decision.reference} {said}.")


@require_POST
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go back from the effect to the form, with all that was typed; changes nothing."""
    case = _case_to_decide(request, pk)
    return cases.workspace(request, case, decision=forms.Drafted.sent(case, request.POST))


def _require_current(case: Case, draft: forms.Drafted) -> None:
    """Refuse a form that shows an older case. The action asks again, under lock."""
    if draft.form.cleaned_data["version"] != case.version:
        raise versions.StaleCase(
            "The case has changed since you opened it. What you wrote is still here: look at what "
            "is new, then decide anew."
        )


def _again(request: HttpRequest, draft: forms.Drafted, **shown: Any) -> HttpResponse:
    response = cases.workspace(request, draft.case, decision=draft, **shown)
    return pages.instead_of_the_work(request, response)


def _confirm(
    request: HttpRequest, draft: forms.Drafted, effect: DecisionPreview, *, changed: bool = False
) -> HttpResponse:
    case = draft.case
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "confirm_dialog.html" if is_fragment else "confirm.html"
    return pages.render(
        request,
        f"admin/accord/work/{template}",
        title=f"Decide {case.reference}",
        trail=(pages.home(), (case.reference, reverse("admin:work_case", args=[case.pk]))),
        # A confirmation of another effect is refused like any other stale form.
        status=decisions.EffectChanged.status if changed and not is_fragment else 200,
        case=case,
        draft=draft,
        effect=effect,
        seen=forms.digest(effect),
        changed=changed,
        back=cases.address(case, request),
    )
