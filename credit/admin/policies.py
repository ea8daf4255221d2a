"""What counts how much, in tables as the policy's readers need them."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit import policy as policies
from credit.models import Policy, Privilege
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin

STATE_TAGS = {"ACTIVE": "success", "APPROVED": "info", "SIMULATED": "info", "DRAFT": "warning"}


@admin.register(Policy)
class PolicyAdmin(RecordAdmin):
    list_display = ("name", "platform", "state_tag", "active_from", "retired_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    ordering = ("platform", "-version")
    fieldsets = (
        (None, {"fields": ("name", "platform", "state_tag", "active_from", "retired_at")}),
        ("Drafted", {"fields": ("drafter", "drafted_at")}),
        ("Approved", {"fields": ("approver", "approved_at")}),
        ("Document", {"classes": ["collapse"], "fields": ("as_written",)}),
    )

    @display(description="Policy")
    def name(self, policy: Policy) -> str:
        return f"Version {policy.version}"

    @display(description="State")
    def state_tag(self, policy: Policy) -> Any:
        return panels.tag(policy.get_state_display(), STATE_TAGS.get(policy.state, "neutral"))

    @display(description="Drafted by")
    def drafter(self, policy: Policy) -> str:
        return str(policy.drafted_by or "Shipped with Accord")

    @display(description="Approved by")
    def approver(self, policy: Policy) -> str:
        return str(policy.approved_by or panels.NOTHING)

    @display(description="As written")
    def as_written(self, policy: Policy) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(policy.document, indent=2))


def _severities(request: HttpRequest, policy: Policy) -> panels.Panel:
    document = policy.document
    start = document.get("starting_score", panels.NOTHING)
    return panels.Panel(
        title="What a decision costs",
        note=f"Everybody starts with a score of {start}.",
        head=["Severity", "Points", "Counts for"],
        rows=[
            [name.capitalize(), terms.get("points"), f"{terms.get('lifetime_days')} days"]
            for name in policies.SEVERITIES
            if (terms := document.get("severities", {}).get(name))
        ],
    )


def _tiers(request: HttpRequest, policy: Policy) -> panels.Panel:
    return panels.Panel(
        title="Levels",
        head=["Level", "From a score of", "May", "Groups owned", "Group size", "Meaning"],
        rows=[
            [
                tier.get("name"),
                tier.get("at_least", panels.NOTHING),
                _privileges(tier),
                _limit(tier, "groups_owned"),
                _limit(tier, "group_size"),
                tier.get("meaning", ""),
            ]
            for tier in policy.document.get("tiers", [])
        ],
    )


def _privileges(tier: dict[str, Any]) -> str:
    names = [Privilege(name).label.lower() for name in tier.get("privileges", [])]
    return ", ".join(names) or "nothing"


def _limit(tier: dict[str, Any], name: str) -> str:
    limit = tier.get("limits", {}).get(name)
    return "No limit" if limit is None else str(limit)


admin.site.add_panel(Policy, _severities)
admin.site.add_panel(Policy, _tiers)
