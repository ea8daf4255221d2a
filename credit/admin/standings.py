from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action, display

from credit import queries
from credit.actions import adjustments
from credit.models import Adjustment, Standing
from identity.models import Account
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, paging, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.holds import end_of


class ProposeForm(dialogs.Foreseen):
    points = forms.IntegerField(label="Points to give back", min_value=1, max_value=1000)
    reason = forms.CharField(
        label="Why",
        max_length=adjustments.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it. Name nobody else here.",
    )
    until = dialogs.DayField(
        label="They count until",
        required=False,
        help_text="Left empty, and at most, as long as so many points are missing.",
    )

    def foresee(self) -> list[str]:
        account = Account.objects.get(pk=self.object_id)
        standing = queries.get_standing(account=account, at=timezone.now())
        return [
            f"Score now {standing.score}, level {standing.tier}.",
            f"Points missing now: {standing.points_missing}. No more can be given back.",
        ]


PROPOSE = {
    "title": "Propose an adjustment",
    "description": "It gives points back, and never takes any. Nothing counts before a second "
    "person approves it; the person is told then.",
    "form_class": ProposeForm,
    "form_submit_text": "Propose",
}


class TierFilter(filters.DropdownFilter):
    """The tiers are named by each platform's policy, so they are read from the standings."""

    title = "level"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = model_admin.get_queryset(request).order_by("tier").values_list("tier", flat=True)
        return [(tier, tier) for tier in found.distinct()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(tier=self.value()) if self.value() else queryset


@admin.register(Standing)
class StandingAdmin(RecordAdmin):
    keyset = paging.Keyset("-account_id")
    list_display = ("person", "level", "score", "policy", "next_change_at", "as_of")
    list_select_related = ("account", "policy__platform")
    list_filter = (filters.PlatformFilter, TierFilter)
    search_fields = ("account__external_id__exact", "account__display_name")
    search_help_text = "Account's id or name"
    actions_detail = ("propose_adjustment",)
    fieldsets = (
        (None, {"fields": ("account", "level", "score", "policy")}),
        ("Kept for lists", {"fields": ("as_of", "last_entry", "next_change_at")}),
    )

    def title_of(self, standing: Standing) -> str:
        return str(standing.account)

    @display(description="Account")
    def person(self, standing: Standing) -> str:
        return str(standing.account)

    @display(description="Last entry")
    def last_entry(self, standing: Standing) -> str:
        return f"#{standing.last_sequence}"

    @display(description="Level")
    def level(self, standing: Standing) -> str:
        return standing.tier

    def has_propose_adjustment_permission(self, request: HttpRequest, object_id: Any = None) -> Any:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.DECIDE_CASES])
        if found is None or found.platform_id not in allowed:
            return False
        is_own = found.account.user_id == request.user.pk
        return not is_own and not Adjustment.objects.open().filter(account=found.pk).exists()

    @action(
        description="Propose an adjustment",
        icon="exposure_plus_1",
        permissions=["propose_adjustment"],
        dialog=PROPOSE,
    )
    def propose_adjustment(
        self, request: HttpRequest, form: ProposeForm, object_id: str
    ) -> HttpResponse:
        account = self.get_object(request, object_id).account
        chosen = form.cleaned_data
        made: list[Adjustment] = []

        def do() -> str:
            made.append(
                adjustments.propose(
                    account=account,
                    points=chosen["points"],
                    reason=chosen["reason"],
                    expires_at=end_of(chosen["until"]) if chosen["until"] else None,
                    by=Actor.user(request.user),
                    at=timezone.now(),
                )
            )
            return "Proposed. A second person has to approve it."

        def back() -> str:
            return panels.page_of(made[0])

        return dialogs.answer(request, form=form, dialog=PROPOSE, do=do, back=back)


def _standing(request: HttpRequest, account: Account) -> panels.Panel:
    found = Standing.objects.filter(account=account).select_related("policy__platform").first()
    rows = []
    if found:
        rows = [
            [
                panels.link(found, found.tier),
                found.score,
                panels.link(found.policy),
                panels.moment(found.next_change_at, "Nothing changes by itself"),
            ]
        ]
    return panels.Panel(
        title="Standing",
        head=["Level", "Score", "Policy", "Next change"],
        rows=rows,
        empty="No entries yet: the starting score and the best level of the policy.",
    )


admin.site.add_panel(Account, _standing, place=10)
