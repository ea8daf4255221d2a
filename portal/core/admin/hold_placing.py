"""The dialogs that place a hold: on the record of a page, or on one that is named by its id."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest
from unfold.forms import BaseDialogForm

from portal.core.admin import base, dialogs
from portal.core.models import Hold, Platform
from portal.core.models.holds import LONGEST_REVIEW

MANAGE = "manage_holds"
NOT_FOUND = (
    "No {kind} on {platform} has this reference or id. Copy it from the address or the list of "
    "the record."
)


class PlaceForm(BaseDialogForm):
    matter = forms.CharField(max_length=120, help_text="What it is about, such as a file number.")
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    review = dialogs.DayField(
        label="Review by", help_text=f"At most {LONGEST_REVIEW.days} days ahead."
    )


class PlaceAnywhereForm(PlaceForm):
    """Names what the hold covers; `cleaned_data["covered"]` is the record."""

    platform = forms.ModelChoiceField(queryset=Platform.objects.none())
    scope = forms.ChoiceField(label="Covers", choices=Hold.Scope.choices)
    named = forms.CharField(
        label="Reference or id",
        help_text="Such as C-24029, or the id of a group or an account on the platform. "
        "Not needed for a whole platform.",
        max_length=200,
        required=False,
    )
    field_order = ("platform", "scope", "named", "matter", "reason", "review")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        ids = admin.site.platform_ids(request, [MANAGE])
        platforms = Platform.objects.filter(pk__in=ids).order_by("name")
        field: Any = self.fields["platform"]
        field.queryset = platforms
        if len(ids) == 1:
            field.initial = platforms.first()

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        platform, scope = chosen.get("platform"), chosen.get("scope")
        if platform is None or scope is None:
            return chosen
        named = chosen.get("named", "").replace("\0", "").strip()
        if scope == Hold.Scope.PLATFORM:
            chosen["covered"] = platform
            return chosen
        kind = str(Hold.Scope(scope).label).lower()
        chosen["covered"] = _find(self.request, platform, scope, named) if named else None
        if chosen["covered"] is None:
            missing = NOT_FOUND.format(kind=kind, platform=platform.name)
            self.add_error("named", missing if named else f"Say which {kind} the hold covers.")
        return chosen


def _find(request: HttpRequest, platform: Platform, scope: str, named: str) -> Model | None:
    """Return the record of the platform with this id or reference, among what the reader sees."""
    for model, model_admin in admin.site._registry.items():
        if getattr(model_admin, "hold_scope", None) == scope:
            found: Model | None = (
                model_admin.get_queryset(request)
                .filter(_is(model, model_admin, named), platform=platform)
                .order_by("pk")
                .first()
            )
            return found
    return None


def _is(model: type[Model], model_admin: Any, named: str) -> Q:
    found = Q(pk=UUID(named)) if base.WHOLE_ID.fullmatch(named) else Q(pk__in=[])
    prefix = model_admin.reference_prefix
    if not prefix:
        return found | Q(external_id=named)
    reference = re.fullmatch(rf"{prefix}-?(\d{{1,18}})", named, re.IGNORECASE | re.ASCII)
    return found | Q(number=int(reference[1])) if reference else found
