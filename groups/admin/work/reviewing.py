"""Deciding an appeal: the form, the effect of the outcome, and the confirmation of just that."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from groups import replacements
from groups.actions import appeals as appeal_actions
from groups.actions import decisions
from groups.admin import pages
from groups.admin.decisions import measure_in_words
from groups.admin.work import appeals, cases, forms
from groups.measures import MeasureInput
from groups.models import Appeal, Measure
from groups.queries import reversals
from groups.queries.reversals import ReversalPreview
from identity.roles import Permission
from portal.core import errors

State = Appeal.State


@dataclass(frozen=True, slots=True)
class Draft:
    """An outcome as somebody is writing it: the form and its measures, seen as one."""

    appeal: Appeal
    form: forms.AppealForm
    measures: Any

    @classmethod
    def sent(cls, appeal: Appeal, data: QueryDict) -> "Draft":
        return cls(appeal, forms.AppealForm(data), forms.MeasureForms(data, prefix="measures"))

    def reworked(self) -> "Draft":
        """Keep what was typed on a form that shows the appeal as it is now."""
        data = self.form.data.copy()
        data["version"], data["seen"] = str(self.appeal.version), ""
        return Draft.sent(self.appeal, data)

    @property
    def is_valid(self) -> bool:
        # Both, so that all that is wrong is said at once.
        return all([self.form.is_valid(), self.measures.is_valid()])

    @property
    def outcome(self) -> str:
        outcome: str = self.form.cleaned_data["outcome"]
        return outcome

    @property
    def outcome_label(self) -> str:
        return str(State(self.outcome).label)

    @property
    def chosen(self) -> list[MeasureInput]:
        """Return the measures; what an outcome without measures left in them does not count.

        For whom it is about, a reversed decision leaves nothing; for a reporter it leads to more.
        """
        by_reporter = self.appeal.flag_id is not None
        if self.outcome == State.UPHELD or (self.outcome == State.REVERSED and not by_reporter):
            return []
        found = (form.chosen(self.appeal.decision.case) for form in self.measures)
        return [measure for measure in found if measure is not None]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return forms.hidden(self.form.data)


def foresee(draft: Draft) -> ReversalPreview | None:
    """Tell what the outcome would do; null when the decision stands as it is."""
    if draft.outcome == State.UPHELD:
        return None
    proposal = replacements.propose(
        appeal=draft.appeal,
        outcome=draft.outcome,
        reasons=draft.form.cleaned_data["reasons"],
        facts="",
        measures=draft.chosen,
        keeps_points=draft.form.cleaned_data["keeps_points"],
    )
    return reversals.preview(
        appeal=draft.appeal,
        outcome=proposal.outcome,
        measures=proposal.measures,
        charge=proposal.charge,
        at=pages.now(),
    )


def digest(effect: ReversalPreview | None) -> str:
    """Name an effect, so that a confirmation of another one can be refused."""
    shown = effect.as_stored() | {"reasons": effect.approval_reasons} if effect else {}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


@require_POST
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what the outcome would do: in a dialog, or without script as a page."""
    draft = _draft(request, pk)
    if not draft.is_valid:
        return _again(request, draft, status=422)
    try:
        _require_current(draft)
        effect = foresee(draft)
    except errors.AccordError as problem:
        return _again(request, draft.reworked(), problem=problem, status=problem.status)
    return _confirm(request, draft, effect)


@require_POST
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go back from the effect to the form, with all that was typed; changes nothing."""
    return _again(request, _draft(request, pk))


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record the outcome that was confirmed, unless the appeal or its effect has changed."""
    draft = _draft(request, pk)
    if not draft.is_valid:
        return _again(request, draft, status=422)
    try:
        _require_current(draft)
        effect = foresee(draft)
        if draft.form.cleaned_data["seen"] != digest(effect):
            return _confirm(request, draft, effect, changed=True)
        decided = appeal_actions.decide(
            appeal=draft.appeal,
            version=draft.form.cleaned_data["version"],
            outcome=draft.outcome,
            reasons=draft.form.cleaned_data["reasons"],
            measures=draft.chosen,
            keeps_points=draft.form.cleaned_data["keeps_points"],
            by=pages.actor(request),
            at=pages.now(),
        )
    except errors.AccordError as problem:
        draft.appeal.refresh_from_db()
        return _again(request, draft.reworked(), problem=problem, status=problem.status)
    is_held = decided.state == State.IN_REVIEW
    said = "waits for a second person" if is_held else decided.get_state_display().lower()
    back = reverse("admin:work_queue", args=["appeals"])
    return cases.done(request, back, f"{decided.reference}: {said}.")


def _draft(request: HttpRequest, pk: UUID) -> Draft:
    appeal = appeals.appeal_for(request, pk)
    pages.require(request, Permission.REVIEW_APPEALS, appeal.platform_id)
    return Draft.sent(appeal, request.POST)


def _require_current(draft: Draft) -> None:
    """Refuse a form that shows an older appeal. The action asks again, under lock."""
    appeal = draft.appeal
    if draft.form.cleaned_data["version"] != appeal.version or appeal.state != State.IN_REVIEW:
        raise appeal_actions.StaleAppeal(
            "The appeal has changed since you opened it. What you wrote is still here: look at "
            "what is new, then decide anew."
        )


def _again(request: HttpRequest, draft: Draft, **shown: Any) -> HttpResponse:
    response = appeals.review(
        request, draft.appeal, form=draft.form, measures=draft.measures, **shown
    )
    return pages.instead_of_the_work(request, response)


def _confirm(
    request: HttpRequest, draft: Draft, effect: ReversalPreview | None, *, changed: bool = False
) -> HttpResponse:
    appeal = draft.appeal
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "appeal_confirm_body.html" if is_fragment else "appeal_confirm.html"
    return pages.render(
        request,
        f"admin/accord/work/{template}",
        title=f"Decide {appeal.reference}",
        trail=(pages.home(), (appeal.reference, reverse("admin:work_appeal", args=[appeal.pk]))),
        # A confirmation of another effect is refused like any other stale form.
        status=decisions.EffectChanged.status if changed and not is_fragment else 200,
        appeal=appeal,
        case=appeal.decision.case,
        draft=draft,
        effect=effect,
        kept=[(_in_words(one.measure), one) for one in effect.kept] if effect else [],
        seen=digest(effect),
        changed=changed,
        is_dialog=is_fragment,
    )


def _in_words(measure: MeasureInput) -> str:
    return measure_in_words(
        Measure(
            kind=measure.kind,
            privilege=measure.privilege,
            in_group=measure.in_group,
            days=measure.days,
        )
    )
