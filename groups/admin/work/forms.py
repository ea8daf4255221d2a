"""The forms of the work: a note, a decision with its measures, an answer to an appeal."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from credit.models import Privilege
from groups.measures import LONGEST_SUSPENSION_DAYS, MeasureInput
from groups.models import Appeal, Case, Decision, Measure
from groups.queries.decisions import DecisionPreview

MEASURES_AT_MOST = 4
ON_PLATFORM, IN_GROUP = "PLATFORM", "GROUP"


class NoteForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Internal note",
        help_text="Seen by staff only.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write something."},
    )

    def reworked(self, case: Case) -> "NoteForm":
        """Keep what was typed on a form that shows the case as it is now."""
        data = self.data.copy()
        data["version"] = str(case.version)
        return NoteForm(data)


class ReasonForm(forms.Form):
    """Why a decision goes back to the person who took it."""

    reason = forms.CharField(
        label="What should be looked at again",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what should be looked at again."},
    )


class DecisionForm(forms.Form):
    """What was decided and why; reasons are required, and the person reads them."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    # The digest of the effect that was shown before; empty when none was.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        choices=Decision.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose an outcome."},
    )
    about_owner = forms.BooleanField(
        required=False,
        label="Hold the owner to account",
        help_text="The report is about the group. Tick this when the decision is about the "
        "person who owned it when the case was opened.",
    )
    facts = forms.CharField(
        label="Facts",
        help_text="What happened, as established. The person reads this.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "State the facts."},
    )
    reasons = forms.CharField(
        label="Reasons",
        help_text="Why the rule leads to this outcome. The person reads this.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give the reasons."},
    )
    ground = forms.ChoiceField(
        choices=Decision.Ground.choices, initial=Decision.Ground.INCOMPATIBLE_CONTENT
    )
    legal_ground = forms.CharField(
        required=False,
        label="Law",
        help_text="Needed when the ground is that it is illegal.",
        max_length=500,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ground") == Decision.Ground.ILLEGAL_CONTENT and not data.get("legal_ground"):
            self.add_error("legal_ground", "Name the law that it breaks.")
        return data


class MeasureForm(forms.Form):
    kind = forms.ChoiceField(
        required=False, label="Measure", choices=[("", "None"), *Measure.Kind.choices]
    )
    privilege = forms.ChoiceField(
        required=False, choices=[("", "–"), *((p.value, p.label) for p in Privilege)]
    )
    where = forms.ChoiceField(
        required=False,
        choices=[(ON_PLATFORM, "On the whole platform"), (IN_GROUP, "In this group only")],
    )
    days = forms.IntegerField(required=False, min_value=1, max_value=LONGEST_SUSPENSION_DAYS)

    def chosen(self, case: Case) -> MeasureInput | None:
        data = self.cleaned_data
        if not data.get("kind"):
            return None
        in_group = data["where"] == IN_GROUP and data["privilege"]
        return MeasureInput(
            kind=data["kind"],
            privilege=data["privilege"] or None,
            in_group=case.group if in_group else None,
            days=data["days"],
        )


MeasureForms = forms.formset_factory(MeasureForm, extra=MEASURES_AT_MOST, max_num=MEASURES_AT_MOST)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A decision as somebody is writing it: the form and its measures, seen as one."""

    case: Case
    form: DecisionForm
    measures: Any

    @classmethod
    def blank(cls, case: Case) -> "Drafted":
        form = DecisionForm(initial={"version": case.version})
        return cls(case, form, MeasureForms(prefix="measures"))

    @classmethod
    def sent(cls, case: Case, data: QueryDict) -> "Drafted":
        return cls(case, DecisionForm(data), MeasureForms(data, prefix="measures"))

    def reworked(self) -> "Drafted":
        """Keep what was typed on a form that shows the case as it is now."""
        data = self.form.data.copy()
        data["version"] = str(self.case.version)
        data["seen"] = ""
        return Drafted.sent(self.case, data)

    @property
    def is_valid(self) -> bool:
        # Both, so that all that is wrong is said at once.
        return all([self.form.is_valid(), self.measures.is_valid()])

    @property
    def can_be_about_owner(self) -> bool:
        return self.case.subject_id is None and self.case.owner_at_opening_id is not None

    @property
    def outcome(self) -> str:
        outcome: str = self.form.cleaned_data["outcome"]
        return outcome

    @property
    def outcome_label(self) -> str:
        return str(Decision.Outcome(self.outcome).label)

    @property
    def chosen(self) -> list[MeasureInput]:
        """Return the measures; what an outcome without measures left in them does not count."""
        if self.outcome != Decision.Outcome.MEASURES:
            return []
        found = (form.chosen(self.case) for form in self.measures)
        return [measure for measure in found if measure is not None]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return hidden(self.form.data)


def hidden(data: Any) -> list[tuple[str, str]]:
    """Return all that was typed as name and value, to be confirmed on the next page."""
    left_out = ("csrfmiddlewaretoken", "seen")
    return [
        (name, value) for name, values in data.lists() if name not in left_out for value in values
    ]


class AppealForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    # The digest of the effect that was shown before; empty when none was.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="Outcome",
        choices=[
            (Appeal.State.UPHELD, "The decision stands"),
            (Appeal.State.PARTIALLY_REVERSED, "Reverse it in part: keep only the measures below"),
            (Appeal.State.REVERSED, "Reverse it: undo everything it did"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose an outcome."},
    )
    keeps_points = forms.BooleanField(
        required=False,
        initial=True,
        label="Keep the points",
        help_text="They count until when they would have. Without a measure, at least a warning, "
        "no points stay.",
    )
    reasons = forms.CharField(
        label="Reasons",
        help_text="The person who appealed reads this.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give the reasons."},
    )


def digest(preview: DecisionPreview) -> str:
    """Name an effect, so that a confirmation of another one can be refused."""
    shown = preview.as_stored() | {"reasons": preview.approval_reasons}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]
