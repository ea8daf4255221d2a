"""Holds: what must not be deleted, until when, and who says so."""

from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from portal.core.actions import holds
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, hold_effects, panels, people
from portal.core.admin.base import RecordAdmin
from portal.core.admin.hold_placing import MANAGE, PlaceAnywhereForm, PlaceForm
from portal.core.models import Hold, Platform
from portal.core.models.holds import LONGEST_REVIEW


class StandingFilter(filters.DropdownFilter):
    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("standing", "Standing"),
            ("overdue", "Review overdue"),
            ("released", "Released"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "standing":
                return queryset.standing()
            case "overdue":
                return queryset.overdue(timezone.now())
            case "released":
                return queryset.exclude(released_at=None)
        return queryset


def end_of(day: Any) -> datetime:
    """Return the last moment of a day in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))


class ReleaseForm(dialogs.Foreseen):
    reason = forms.CharField(
        label="Why it ends", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def foresee(self) -> list[str]:
        hold = Hold.objects.get(pk=self.object_id)
        return hold_effects.before_release(hold, at=timezone.now())


class ExtendForm(BaseDialogForm):
    review = dialogs.DayField(
        label="Next review by", help_text=f"At most {LONGEST_REVIEW.days} days ahead."
    )


PLACE = {
    "title": "Place a hold",
    "description": "Nothing it covers is deleted until somebody releases it. "
    "It counts at once; a second person approves it.",
    "form_class": PlaceForm,
    "form_submit_text": "Place the hold",
}
PLACE_ANYWHERE = PLACE | {"form_class": PlaceAnywhereForm}
APPROVE = {
    "title": "Approve this hold",
    "description": "You stand for it as the second person.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Approve",
}
EXTEND = {
    "title": "Keep this hold",
    "description": "You have reviewed it and it is still needed.",
    "form_class": ExtendForm,
    "form_submit_text": "Keep it",
}
RELEASE = {
    "title": "Release this hold",
    "description": "What is past its window and kept by nothing else leaves with the next purge.",
    "form_class": ReleaseForm,
    "form_submit_text": "Release",
}


def _place(request: HttpRequest, form: Any, scope: str, covered: Any, platform: Platform) -> str:
    """Place the hold of the form and say what it keeps."""
    at = timezone.now()
    hold = holds.place(
        platform=platform,
        scope=scope,
        scope_id=covered.pk,
        matter=form.cleaned_data["matter"],
        reason=form.cleaned_data["reason"],
        review_at=end_of(form.cleaned_data["review"]),
        by=Actor.user(request.user),
        at=at,
    )
    keeps = hold_effects.after_placing(hold, at=at)
    return f"{hold.reference} stands. {keeps} A second person has to approve it."


class Holdable(RecordAdmin):
    """A record whose page offers to place a hold on it."""

    hold_scope: ClassVar[str]
    actions_detail = ("place_hold",)

    def platform_of(self, record: Any) -> Any:
        return record.platform

    def has_place_hold_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [MANAGE])
        return found is not None and self.platform_of(found).pk in allowed

    @action(
        description="Place a hold",
        url_path="hold",
        icon="lock",
        permissions=["place_hold"],
        dialog=PLACE,
    )
    def place_hold(self, request: HttpRequest, form: PlaceForm, object_id: str) -> HttpResponse:
        record = self.get_object(request, object_id)

        def do() -> str:
            return _place(request, form, self.hold_scope, record, self.platform_of(record))

        return dialogs.answer(request, form=form, dialog=PLACE, do=do, back=panels.page_of(record))


@admin.register(Hold)
class HoldAdmin(RecordAdmin):
    permissions = (MANAGE, "view_audit")
    actions_list = ("place_any_hold",)
    actions_detail = ("approve_hold", "extend_hold", "release_hold")
    reference_prefix = "H"
    shown_once = (("End", "released_at"),)
    list_display = ("ref", "matter", "platform", "scope", "state", "placer", "review")
    list_select_related = ("platform",)
    list_filter = (
        filters.PlatformFilter,
        StandingFilter,
        ("scope", ChoicesDropdownFilter),
    )
    search_fields = ("matter",)
    ids_to_search = ("scope_id",)
    search_help_text = "H-12, matter or id of what it covers"
    ordering = ("-number",)
    fieldsets = (
        (
            "What it covers",
            {"fields": ("ref", "state", "platform", "scope", "covered")},
        ),
        ("Why", {"fields": ("matter", "reason")}),
        ("Who", {"fields": ("placer", "placed_at", "approver", "approved_at")}),
        ("Review", {"fields": ("reviewed_at", "review")}),
        ("End", {"fields": ("releaser", "released_at", "release_reason")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return people.with_names(
            super().get_queryset(request),
            placer_name="placed_by",
            approver_name="approved_by",
            releaser_name="released_by",
        )

    @display(description="Hold", ordering="number")
    def ref(self, hold: Hold) -> str:
        return hold.reference

    @display(description="State")
    def state(self, hold: Hold) -> Any:
        if hold.released_at:
            return panels.tag("Released")
        if hold.review_at <= timezone.now():
            return panels.tag("Review overdue", "danger")
        if hold.approved_at is None:
            return panels.tag("Stands, not yet approved", "warning")
        return panels.tag("Stands", "info")

    @display(description="Covers")
    def covered(self, hold: Hold) -> Any:
        for model, model_admin in self.admin_site._registry.items():
            if getattr(model_admin, "hold_scope", None) == hold.scope:
                record = model._default_manager.filter(pk=hold.scope_id).first()
                return panels.link(record) if record else "Deleted since"
        return panels.NOTHING

    @display(description="Placed by")
    def placer(self, hold: Any) -> str:
        return hold.placer_name or panels.NOTHING

    @display(description="Approved by")
    def approver(self, hold: Any) -> str:
        return hold.approver_name or panels.NOTHING

    @display(description="Released by")
    def releaser(self, hold: Any) -> str:
        return hold.releaser_name or panels.NOTHING

    @display(description="Review by", ordering="review_at")
    def review(self, hold: Hold) -> Any:
        return panels.moment(hold.review_at)

    # --- what may be done with it, each in a dialog --------------------------------------------

    def has_place_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [MANAGE]))

    @action(description="Place a hold", icon="lock", permissions=["place"], dialog=PLACE_ANYWHERE)
    def place_any_hold(self, request: HttpRequest, form: PlaceAnywhereForm) -> HttpResponse:
        chosen = form.cleaned_data

        def do() -> str:
            return _place(request, form, chosen["scope"], chosen["covered"], chosen["platform"])

        back = reverse("admin:core_hold_changelist")
        return dialogs.answer(request, form=form, dialog=PLACE_ANYWHERE, do=do, back=back)

    def _own(self, request: HttpRequest, object_id: Any) -> Hold | None:
        """Return the hold if the reader may manage it; whoever only audits may not."""
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [MANAGE])
        return found if found is not None and found.platform_id in allowed else None

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        hold = self._own(request, object_id)
        return hold is not None and hold.released_at is None

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        hold = self._own(request, object_id)
        return hold is not None and hold.approved_at is None and hold.released_at is None

    def _do(
        self, request: HttpRequest, object_id: Any, form: Any, dialog: Any, do: Any, said: str
    ) -> HttpResponse:
        hold = self._own(request, object_id)
        if hold is None:
            raise Http404

        def act() -> str:
            do(hold=hold, by=Actor.user(request.user), at=timezone.now())
            return f"{hold.reference} {said}"

        back = panels.page_of(hold)
        return dialogs.answer(request, form=form, dialog=dialog, do=act, back=back)

    @action(description="Approve", icon="done_all", permissions=["approve"], dialog=APPROVE)
    def approve_hold(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, form, APPROVE, holds.approve, "is approved.")

    @action(description="Review", icon="event_repeat", permissions=["manage"], dialog=EXTEND)
    def extend_hold(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        until = end_of(form.cleaned_data["review"])

        def do(**who: Any) -> None:
            holds.extend(review_at=until, **who)

        return self._do(request, object_id, form, EXTEND, do, "was reviewed.")

    @action(description="Release", icon="lock_open", permissions=["manage"], dialog=RELEASE)
    def release_hold(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def do(**who: Any) -> None:
            holds.release(reason=form.cleaned_data["reason"], **who)

        return self._do(request, object_id, form, RELEASE, do, "is released.")
