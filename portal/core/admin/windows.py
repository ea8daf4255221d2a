"""How long each class of data is kept, and the changes that two people make to that."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from portal.core.actions import windows
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels, people
from portal.core.admin.purges import OverAllPlatforms
from portal.core.admin.window_forms import APPROVE, PROPOSE, WITHDRAW, ProposeForm, in_days
from portal.core.data_classes import DataClass, registry
from portal.core.errors import AccordError
from portal.core.models import WindowChange

CHANGE = "run_purge"
NOTE = (
    "Windows hold on all platforms. Another one needs two people: it changes nothing before the "
    "second approves it. A longer window counts from then on, a shorter one from the next purge."
)


class StateFilter(filters.DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Waiting"), ("approved", "Approved"), ("withdrawn", "Withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.open()
            case "approved":
                return queryset.exclude(approved_at=None)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(WindowChange)
class WindowChangeAdmin(OverAllPlatforms):
    list_before_template = "admin/accord/windows.html"
    actions_list = ("propose_window",)
    actions_detail = ("approve_window", "withdraw_window")
    before = columns.shown("days_before", "Days before")
    after = columns.shown("days", "Days")
    list_display = ("data", "before", "after", "state", "proposer", "proposed_at", "approver")
    list_filter = (StateFilter,)
    search_fields = ("data_class",)
    search_help_text = "Name of the data"
    ordering = ("-proposed_at", "-pk")
    shown_once = (("Approval", "approved_at"), ("Withdrawal", "withdrawn_at"))
    fieldsets = (
        ("What changes", {"fields": ("data", "before", "after", "limits", "state")}),
        ("Why", {"fields": ("reason", "proposer", "proposed_at")}),
        ("Approval", {"fields": ("approver", "approved_at")}),
        ("Withdrawal", {"fields": ("withdrawer", "withdrawn_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return people.with_names(
            super().get_queryset(request),
            proposer_name="proposed_by",
            approver_name="approved_by",
            withdrawer_name="withdrawn_by",
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        shown = {"title": "Retention windows", "windows": _windows()}
        return super().changelist_view(request, shown | (extra_context or {}))

    @display(description="Data", ordering="data_class")
    def data(self, change: WindowChange) -> str:
        return change.data_class.capitalize()

    @display(description="May lie between")
    def limits(self, change: WindowChange) -> str:
        return f"{change.floor} and {change.ceiling} days"

    @display(description="State")
    def state(self, change: WindowChange) -> Any:
        if change.is_open:
            return panels.tag("Waits for a second person", "warning")
        if change.approved_at:
            return panels.tag("Approved", "success")
        return panels.tag("Withdrawn")

    @display(description="Proposed by")
    def proposer(self, change: Any) -> str:
        return change.proposer_name or panels.NOTHING

    @display(description="Approved by")
    def approver(self, change: Any) -> str:
        return change.approver_name or panels.NOTHING

    @display(description="Withdrawn by")
    def withdrawer(self, change: Any) -> str:
        return change.withdrawer_name or panels.NOTHING

    # --- dialogs -------------------------------------------------------------------------------

    def has_propose_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [CHANGE]))

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        change = self.get_object(request, object_id) if object_id else None
        return change is not None and change.is_open and self.has_propose_permission(request)

    @action(
        description="Propose another window", icon="timer", permissions=["propose"], dialog=PROPOSE
    )
    def propose_window(self, request: HttpRequest, form: ProposeForm) -> HttpResponse:
        chosen = form.cleaned_data
        data_class = registry.classes[chosen["data_class"]]

        def do() -> str:
            windows.propose(
                data_class=data_class,
                days=chosen["days"],
                reason=chosen["reason"],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            kept = f"{data_class.name} for {in_days(chosen['days'])}"
            return f"Proposed: {kept}. A second person has to approve it."

        try:
            windows.check(data_class=data_class, days=chosen["days"])
        except AccordError as problem:
            form.add_error("days", str(problem))
            return dialogs.ask_again(request, form=form, dialog=PROPOSE, status=problem.status)
        if form.needs_a_look():
            return dialogs.ask_again(request, form=form, dialog=PROPOSE)
        back = reverse("admin:core_windowchange_changelist")
        return dialogs.answer(request, form=form, dialog=PROPOSE, do=do, back=back)

    @action(description="Approve", icon="done_all", permissions=["settle"], dialog=APPROVE)
    def approve_window(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        change = self._found(request, object_id)

        def do() -> str:
            windows.approve(
                change=change,
                data_class=registry.classes[change.data_class],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return f"{change.data_class.capitalize()} is kept for {in_days(change.days)} now."

        back = panels.page_of(change)
        return dialogs.answer(request, form=form, dialog=APPROVE, do=do, back=back)

    @action(description="Withdraw", icon="undo", permissions=["settle"], dialog=WITHDRAW)
    def withdraw_window(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        change = self._found(request, object_id)

        def do() -> str:
            windows.withdraw(change=change, by=Actor.user(request.user), at=timezone.now())
            return "The proposal is withdrawn."

        back = panels.page_of(change)
        return dialogs.answer(request, form=form, dialog=WITHDRAW, do=do, back=back)

    def _found(self, request: HttpRequest, object_id: str) -> WindowChange:
        change = self.get_object(request, object_id)
        if change is None or change.data_class not in registry.classes:
            raise Http404
        return change


def _windows() -> panels.Panel:
    """Show every class of every app, in a few queries for what people changed."""
    days = registry.days()
    in_force = {change.data_class: change for change in WindowChange.objects.in_force()}
    waiting = {change.data_class: change for change in WindowChange.objects.open()}
    names = people.names_of({change.proposed_by for change in waiting.values()})
    return panels.Panel(
        title="Kept for how long",
        note=NOTE,
        head=[
            "Data",
            "Kept for",
            "After",
            "Between",
            "As shipped",
            "Waits for approval",
            "Records",
        ],
        rows=[
            _row(row, days[row.name], in_force.get(row.name), waiting.get(row.name), names)
            for row in registry.classes.values()
        ],
    )


def _row(
    data_class: DataClass,
    days: int,
    changed: WindowChange | None,
    waits: WindowChange | None,
    names: dict[Any, str],
) -> list[Any]:
    window = data_class.window
    in_force = in_days(days)
    records = (str(apps.get_model(label)._meta.verbose_name_plural) for label in data_class.models)
    who = names.get(waits.proposed_by, "somebody who has left") if waits else ""
    return [
        data_class.name.capitalize(),
        panels.link(changed, in_force) if changed else in_force,
        data_class.starts,
        "cannot be changed" if window.is_fixed else f"{window.floor} and {in_days(window.ceiling)}",
        in_days(window.days),
        panels.link(waits, f"{in_days(waits.days)}, by {who}") if waits else panels.NOTHING,
        ", ".join(records).capitalize(),
    ]
