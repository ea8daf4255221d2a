"""A policy's document as a form, and what the form says as a document again."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from credit.models import Privilege
from credit.policy import SEVERITIES, Document
from identity.models.verifications import Level

MOST_TIERS = MOST_SIZES = 10


def _number(label: str, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, **options)


class TermsForm(forms.Form):
    starting_score = _number("Everybody starts with")
    floor = _number("Nobody has fewer than")
    ceiling = _number("Nobody has more than")
    first_low_days = _number(
        "A first LOW finding is only a warning, for how many days",
        required=False,
        help_text="Left empty, the first one costs points too.",
    )
    duties_days = _number(
        "Days between points given back for reports answered in time and found handled",
        required=False,
        help_text="To whoever answered, if points are missing. Left empty, none are given.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SEVERITIES:
            self.fields[f"{name}_points"] = _number(f"{name.capitalize()}: points")
            self.fields[f"{name}_days"] = _number(f"{name.capitalize()}: counts for days")
            self.fields[f"{name}_back"] = _number(
                f"{name.capitalize()}: days until a point comes back", required=False
            )

    @property
    def scores(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in ("starting_score", "floor", "ceiling", "first_low_days"))

    @property
    def severities(self) -> Iterator[list[forms.BoundField]]:
        for name in SEVERITIES:
            yield [self[f"{name}_{part}"] for part in ("points", "days", "back")]


class TierForm(forms.Form):
    name = forms.CharField(max_length=40)
    at_least = _number("From a score of")
    meaning = forms.CharField(
        label="What it means",
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="People read it on their page.",
    )
    privileges = forms.MultipleChoiceField(
        label="Brings",
        choices=Privilege.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    groups_owned = _number("Groups to answer for", required=False, help_text="Empty: no limit.")
    group_size = _number(
        "Members of a group taken on", required=False, help_text="Empty: no limit."
    )


class VerifiedForm(forms.Form):
    above = _number("More members than")
    # A browser sends what a list shows, also in the line that nobody filled in.
    level = forms.ChoiceField(choices=[("", "Choose a level"), *Level.choices])


class ManagedForm(forms.Form):
    above = _number("More members than")
    managers = _number("Managers")


def _formset(form: type[forms.Form], most: int) -> type[BaseFormSet[Any]]:
    made: type[BaseFormSet[Any]] = formset_factory(
        form, extra=1, max_num=most, absolute_max=most, validate_max=True, can_delete=True
    )
    return made


Tiers, Verified, Managed = (
    _formset(TierForm, MOST_TIERS),
    _formset(VerifiedForm, MOST_SIZES),
    _formset(ManagedForm, MOST_SIZES),
)


class PolicyForm:
    """The whole document: its terms, its tiers, and what large groups ask for."""

    def __init__(self, document: Document, data: Any = None) -> None:
        self.terms = TermsForm(data, prefix="terms", initial=_terms_of(document))
        self.tiers = Tiers(
            data,
            prefix="tiers",
            initial=[
                {
                    "name": tier.name,
                    "at_least": tier.at_least,
                    "meaning": tier.meaning,
                    "privileges": list(tier.privileges),
                    "groups_owned": tier.limits.groups_owned,
                    "group_size": tier.limits.group_size,
                }
                for tier in document.tiers
            ],
        )
        self.verified = Verified(
            data,
            prefix="verified",
            initial=[{"above": one.above, "level": one.level} for one in document.verification],
        )
        self.managed = Managed(
            data,
            prefix="managed",
            initial=[{"above": one.above, "managers": one.managers} for one in document.managers],
        )
        self._parts = (self.terms, self.tiers, self.verified, self.managed)

    def is_valid(self) -> bool:
        # Each says what is wrong with it, not only the first.
        return False not in [part.is_valid() for part in self._parts]

    @property
    def document(self) -> dict[str, Any]:
        """What was filled in, as a policy document that is still to be checked."""
        terms = self.terms.cleaned_data
        first, duties = terms["first_low_days"], terms["duties_days"]
        return {
            "starting_score": terms["starting_score"],
            "floor": terms["floor"],
            "ceiling": terms["ceiling"],
            "severities": {
                name: {
                    "points": terms[f"{name}_points"],
                    "lifetime_days": terms[f"{name}_days"],
                    "restored_every_days": terms[f"{name}_back"],
                }
                for name in SEVERITIES
            },
            "first_low_finding": {"lifetime_days": first} if first is not None else None,
            "duties": {"restored_every_days": duties} if duties is not None else None,
            "tiers": [
                {
                    "name": tier["name"],
                    "at_least": tier["at_least"],
                    "meaning": tier["meaning"],
                    "privileges": tier["privileges"],
                    "limits": {
                        "groups_owned": tier["groups_owned"],
                        "group_size": tier["group_size"],
                    },
                }
                # A level that was added stands where its score belongs.
                for tier in sorted(_kept(self.tiers), key=lambda tier: -tier["at_least"])
            ],
            "verification": [
                {"above": one["above"], "level": one["level"]} for one in _kept(self.verified)
            ],
            "managers": [
                {"above": one["above"], "managers": one["managers"]} for one in _kept(self.managed)
            ],
        }


def _terms_of(document: Document) -> dict[str, Any]:
    first = document.first_low_finding
    initial: dict[str, Any] = {
        "starting_score": document.starting_score,
        "floor": document.floor,
        "ceiling": document.ceiling,
        "first_low_days": first.lifetime_days if first else None,
        "duties_days": document.duties.restored_every_days if document.duties else None,
    }
    for name in SEVERITIES:
        initial[f"{name}_points"] = document.terms_of(name).points
        initial[f"{name}_days"] = document.terms_of(name).lifetime_days
        initial[f"{name}_back"] = document.terms_of(name).restored_every_days
    return initial


def _kept(rows: BaseFormSet[Any]) -> list[dict[str, Any]]:
    """Return what stands in the rows that are filled in and not taken out, in their order."""
    return [
        form.cleaned_data
        for form in rows
        if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
