"""What counts how much, in tables as the policy's readers need them."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit import policy as policies
from credit.actions import policies as policy_actions
from credit.admin.policy_forms import PolicyForm
from credit.admin.policy_steps import PolicySteps
from credit.models import Policy, Privilege
from portal.core.actors import Actor
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.errors import AccordError

STATE_TAGS = {"ACTIVE": "success", "APPROVED": "info", "SIMULATED": "info", "DRAFT": "warning"}


@admin.register(Policy)
class PolicyAdmin(PolicySteps, RecordAdmin):
    list_display = ("name", "platform", "state_tag", "active_from", "retired_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    ordering = ("platform", "-version")
    fieldsets = (
        (None, {"fields": ("name", "platform", "state_tag", "active_from", "retired_at")}),
        ("Drafted", {"fields": ("drafter", "drafted_at")}),
        ("Approved", {"fields": ("approver", "approved_at", "due_from")}),
        ("Document", {"classes": ["collapse"], "fields": ("as_written",)}),
    )

    def title_of(self, policy: Policy) -> str:
        return self.name(policy)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("schema.json", view(self.schema), name="credit_policy_schema"),
            path("<uuid:id>/terms/", view(self.terms), name="credit_policy_terms"),
            *super().get_urls(),
        ]

    def schema(self, request: HttpRequest) -> HttpResponse:
        """Send the JSON Schema of a policy document, to whoever may see policies."""
        if not self.has_view_permission(request):
            raise Http404
        return JsonResponse(policies.json_schema(), json_dumps_params={"indent": 2})

    def terms(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Show a draft as a form to whoever drafted it; by POST, save it."""
        policy = self.get_object(request, str(id))
        if policy is None:
            raise Http404
        self.require_change(request, policy)
        data = request.POST if request.method == "POST" else None
        form, problems, status = PolicyForm(policies.of(policy), data), [], 200
        if data is not None and form.is_valid():
            try:
                with transaction.atomic():
                    policy_actions.revise(
                        policy=policy,
                        document=form.document,
                        seen=_json(data.get("seen", "")),
                        by=Actor.user(request.user),
                        at=timezone.now(),
                    )
            except AccordError as error:
                status = error.status
                problems = [one["detail"] for one in error.params.get("errors", [])] or [str(error)]
            else:
                messages.success(request, f"Version {policy.version} was saved. Simulate it next.")
                return redirect(panels.page_of(policy))
        elif data is not None:
            status, problems = 422, ["Correct what is marked below."]
        context = {
            **self.admin_site.each_context(request),
            "title": "What it says",
            "trail": [
                {"title": "Policies", "link": panels.list_of(Policy)},
                {"title": f"Version {policy.version}", "link": panels.page_of(policy)},
            ],
            "is_fullwidth": "1",
            "form": form,
            "problems": problems,
            "seen": json.dumps(policy.document),
            "back": panels.page_of(policy),
        }
        return render(request, "admin/accord/policy_form.html", context, status=status)

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


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _severities(request: HttpRequest, policy: Policy) -> panels.Panel:
    document = policy.document
    start = document.get("starting_score", panels.NOTHING)
    return panels.Panel(
        title="What a decision costs",
        note=f"Everybody starts with a score of {start}.",
        head=["Severity", "Points", "Counts for", "A point comes back"],
        rows=[
            [
                name.capitalize(),
                terms.get("points"),
                f"{terms.get('lifetime_days')} days",
                _restored(terms.get("restored_every_days")),
            ]
            for name in policies.SEVERITIES
            if (terms := document.get("severities", {}).get(name))
        ],
    )


def _restored(days: int | None) -> str:
    return "When it stops counting" if days is None else f"Each {days} days without another"


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
