"""Decisions as they were taken, and everything each of them did."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit.admin import ledger, sanctions
from credit.models import LedgerEntry, Sanction
from groups.models import Case, Decision
from groups.queries import decided, rules
from portal.core import languages
from portal.core.admin import columns, filters, panels
from portal.core.admin.base import RecordAdmin


class StateFilter(filters.DropdownFilter):
    title = "state"
    parameter_name = "decision_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("effective", "In effect"),
            ("held", "Waits for a second person"),
            ("returned", "Returned"),
            ("overridden", "Overridden"),
            ("first", "First of its case, took effect"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # An override that waits for a second person has replaced nothing yet.
        overridden = Q(overridden_by__effective_at__isnull=False)
        match self.value():
            case "effective":
                return queryset.filter(~overridden, effective_at__isnull=False)
            case "held":
                return queryset.filter(effective_at=None, returned_at=None)
            case "returned":
                return queryset.exclude(returned_at=None)
            case "overridden":
                return queryset.filter(overridden)
            case "first":
                return decided.keep_first(queryset)
        return queryset


class RuleFilter(filters.DropdownFilter):
    """By the code of the rule, in whatever version."""

    title = "rule"
    parameter_name = "rule_code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        titles = rules.get_titles(platform_ids=model_admin.platform_ids(request))
        return [(code, f"{code} {title}") for code, title in titles.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule__code=self.value()) if self.value() else queryset


class LanguageFilter(filters.DropdownFilter):
    """Offers the language that a link asked for; a list of all would read every group."""

    title = "language of the group"
    parameter_name = "group_language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        code = self.value()
        return [(code, languages.name_of(code))] if code else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return decided.keep_language(queryset, self.value()) if self.value() else queryset


class SizeFilter(filters.DropdownFilter):
    title = "size of the group"
    parameter_name = "group_size"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(place), name) for place, name in decided.BANDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = dict(self.lookup_choices).keys() & {self.value()}
        return decided.keep_band(queryset, int(self.value())) if chosen else queryset


def state_tag(decision: Decision) -> Any:
    later = getattr(decision, "overridden_by", None)
    if later is not None and later.effective_at is not None:
        return panels.tag("Overridden")
    if decision.returned_at:
        return panels.tag("Returned", "danger")
    if decision.effective_at is None:
        return panels.tag("Waits for a second person", "warning")
    return panels.tag("In effect", "success")


def measure_in_words(measure: Any) -> str:
    """Say what a measure does: "Suspend a privilege: own groups, 30 days, in this group"."""
    parts = []
    if measure.privilege:
        parts.append(measure.get_privilege_display().lower())
    if measure.days:
        parts.append(f"{measure.days} day{'' if measure.days == 1 else 's'}")
    if measure.in_group_id:
        parts.append("in this group only")
    return f"{measure.get_kind_display()}: {', '.join(parts)}" if parts else str(measure)


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    reference_prefix = "D"
    category = columns.shown("dsa_category", "DSA category")
    keyword = columns.shown("dsa_keyword", "DSA keyword")
    speaks = columns.language("content_language")
    shown_once = (("Returned", "returned_at"),)
    linked_by = ("case", "subject_account", "subject_group", "overrides")
    list_display = ("ref", "of_case", "outcome", "about", "cost", "state_of", "decided_at")
    list_select_related = ("case", "subject_account", "subject_group", "overridden_by")
    list_filter = (
        filters.PlatformFilter,
        StateFilter,
        ("outcome", ChoicesDropdownFilter),
        RuleFilter,
        SizeFilter,
        LanguageFilter,
        filters.since("decided_at", "decided"),
        filters.days("decided_at", "days"),
    )
    search_fields = ("subject_account__external_id__exact", "subject_group__external_id__exact")
    search_help_text = "D-24029, or the platform's id"
    ids_to_search = ("id", "case", "subject_account", "subject_group")
    ordering = ("-number",)
    fieldsets = (
        (None, {"fields": ("ref", "case", "subject_account", "subject_group", "state_of")}),
        ("What was decided", {"fields": ("outcome", "rule", "ground", "legal_ground", "cost")}),
        ("Why", {"fields": ("facts", "reasons")}),
        ("Who", {"fields": ("decider", "decided_at", "approver", "approved_at")}),
        ("Returned", {"fields": ("returner", "returned_at", "return_reason")}),
        ("Effect", {"fields": ("effective_at", "appealable_until", "overrides", "policy")}),
        (
            "Statement of reasons",
            {
                "fields": (
                    "category",
                    "keyword",
                    "source_type",
                    "automated_detection",
                    "territorial_scope",
                    "speaks",
                    "noticed_at",
                )
            },
        ),
    )

    @display(description="Decision")
    def ref(self, decision: Decision) -> str:
        return decision.reference

    @display(description="Case")
    def of_case(self, decision: Decision) -> str:
        return decision.case.reference

    @display(description="About")
    def about(self, decision: Decision) -> str:
        return str(decision.subject_account or decision.subject_group)

    @display(description="State")
    def state_of(self, decision: Decision) -> Any:
        return state_tag(decision)

    @display(description="Points")
    def cost(self, decision: Decision) -> str:
        return panels.signed(decision.points)

    @display(description="Decided by")
    def decider(self, decision: Decision) -> str:
        return str(decision.decided_by)

    @display(description="Approved by")
    def approver(self, decision: Decision) -> str:
        return str(decision.approved_by or panels.NOTHING)

    @display(description="Returned by")
    def returner(self, decision: Decision) -> str:
        return str(decision.returned_by or panels.NOTHING)


def _measures(request: HttpRequest, decision: Decision) -> panels.Panel:
    return panels.Panel(
        title="Measures",
        head=["Measure", "Undone"],
        rows=[
            [measure_in_words(measure), panels.moment(measure.undone_at)]
            for measure in decision.measures.order_by("pk")
        ],
        empty="None.",
    )


def _ledger(request: HttpRequest, decision: Decision) -> panels.Panel:
    found = LedgerEntry.objects.filter(decision_id=decision.pk).order_by("posted_at", "sequence")
    rows = [ledger.row(entry) for entry in found]
    return panels.Panel(title="Ledger entries", head=ledger.HEAD, rows=rows)


def _sanctions(request: HttpRequest, decision: Decision) -> panels.Panel:
    found = Sanction.objects.filter(decision_id=decision.pk).order_by("starts_at")
    rows = [sanctions.row(sanction) for sanction in found]
    return panels.Panel(title="Sanctions", head=sanctions.HEAD, rows=rows)


def _taken_by(request: HttpRequest, record: LedgerEntry | Sanction) -> panels.Panel:
    found = Decision.objects.filter(pk=record.decision_id).select_related("case", "overridden_by")
    return panels.Panel(
        title="Decision",
        head=["Decision", "Case", "Outcome", "State"],
        rows=[
            [panels.link(row), panels.link(row.case), row.get_outcome_display(), state_tag(row)]
            for row in found
        ],
        empty="It rests on no decision.",
    )


def _of_case(request: HttpRequest, case: Case) -> panels.Panel:
    found = case.decisions.select_related("overridden_by").order_by("number")
    return panels.Panel(
        title="Decisions",
        head=["Decision", "Outcome", "State", "Decided"],
        rows=[
            [
                panels.link(row),
                row.get_outcome_display(),
                state_tag(row),
                panels.moment(row.decided_at),
            ]
            for row in found
        ],
        empty="Not decided yet.",
    )


admin.site.add_panel(Decision, _measures)
admin.site.add_panel(Decision, _ledger)
admin.site.add_panel(Decision, _sanctions)
admin.site.add_panel(LedgerEntry, _taken_by)
admin.site.add_panel(Sanction, _taken_by)
admin.site.add_panel(Case, _of_case)
