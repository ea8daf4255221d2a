"""Points that somebody proposes to give back: approved, declined or withdrawn in dialogs."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from credit import previews
from credit.actions import adjustments as credit_adjustments
from credit.models import Adjustment, Standing
from groups.actions import adjustments
from identity.models import Account
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, panels
from portal.core.admin.base import RecordAdmin

STATE_TAGS = {"PROPOSED": "warning", "APPROVED": "success", "DECLINED": "danger"}
OPEN_FIRST = Case(When(state=Adjustment.State.PROPOSED, then=Value(0)), default=Value(1))


class ApproveForm(dialogs.Foreseen):
    def foresee(self) -> list[str]:
        found = Adjustment.objects.select_related("account").get(pk=self.object_id)
        change = previews.preview_adjustment(adjustment=found, at=timezone.now())
        before, after = change.before, change.after
        sentences = [
            f"Score now {before.score}, then {after.score}.",
            f"Level now {before.tier}, then {after.tier}."
            if before.tier != after.tier
            else f"The level stays {before.tier}.",
        ]
        if change.opened:
            names = ", ".join(privilege.label.lower() for privilege in change.opened)
            sentences.append(f"They may again: {names}.")
        return sentences


APPROVE = {
    "title": "Approve this adjustment",
    "description": "You stand for it as the second person. The points count at once, and the "
    "person is told, with the reason.",
    "form_class": ApproveForm,
    "form_submit_text": "Give the points back",
}
DECLINE = {
    "title": "Decline this adjustment",
    "description": "Nothing changes for the person, and they are not told.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Decline",
}
WITHDRAW = {
    "title": "Withdraw your proposal",
    "description": "Nothing changes for the person, and they are not told.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Withdraw",
}


@admin.register(Adjustment)
class AdjustmentAdmin(RecordAdmin):
    actions_detail = ("approve_adjustment", "decline_adjustment", "withdraw_adjustment")
    linked_by = ("account",)
    shown_once = (("Outcome", "decided_at"),)
    list_display = ("person", "signed", "state_tag", "reason", "proposer", "proposed_at", "decider")
    list_select_related = ("account", "proposed_by", "decided_by")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("account__external_id__exact", "account__display_name")
    search_help_text = "Account's id or name"
    when_empty = (
        "To give points back, open the person's standing and choose “Propose an adjustment”."
    )
    ordering = (OPEN_FIRST, "-proposed_at", "-pk")
    fieldsets = (
        (None, {"fields": ("account", "signed", "reason", "expiry", "state_tag")}),
        ("Proposed", {"fields": ("proposer", "proposed_at")}),
        ("Outcome", {"fields": ("decider", "decided_at", "posted")}),
    )

    def title_of(self, adjustment: Adjustment) -> str:
        return f"{panels.signed(adjustment.points)} for {adjustment.account}"

    @display(description="Account")
    def person(self, adjustment: Adjustment) -> str:
        return str(adjustment.account)

    @display(description="Points")
    def signed(self, adjustment: Adjustment) -> str:
        return panels.signed(adjustment.points)

    @display(description="State")
    def state_tag(self, adjustment: Adjustment) -> Any:
        return state_of(adjustment)

    @display(description="They count until")
    def expiry(self, adjustment: Adjustment) -> Any:
        return panels.moment(adjustment.expires_at, "For good")

    @display(description="Proposed by")
    def proposer(self, adjustment: Adjustment) -> str:
        return str(adjustment.proposed_by)

    @display(description="Decided by")
    def decider(self, adjustment: Adjustment) -> str:
        return str(adjustment.decided_by or panels.NOTHING)

    @display(description="Entry")
    def posted(self, adjustment: Adjustment) -> Any:
        entry = adjustment.entry
        return panels.link(entry, f"Entry #{entry.sequence}" if entry else "")

    # --- what may be done with it, each in a dialog --------------------------------------------

    def _open(self, request: HttpRequest, object_id: Any) -> Adjustment | None:
        found = self.get_object(request, object_id) if object_id else None
        return found if found is not None and found.is_open else None

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._open(request, object_id)
        allowed = self.admin_site.platform_ids(request, [Permission.APPROVE_DECISIONS])
        if found is None or found.platform_id not in allowed:
            return False
        return request.user.pk not in (found.proposed_by_id, found.account.user_id)

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._open(request, object_id)
        return found is not None and found.proposed_by_id == request.user.pk

    def _do(
        self,
        request: HttpRequest,
        object_id: str,
        form: Any,
        dialog: dict[str, Any],
        do: Callable[..., object],
        said: str,
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404

        def act() -> str:
            do(adjustment=found, by=Actor.user(request.user), at=timezone.now())
            return said

        back = panels.page_of(found)
        return dialogs.answer(request, form=form, dialog=dialog, do=act, back=back)

    @action(description="Approve", icon="done_all", permissions=["decide"], dialog=APPROVE)
    def approve_adjustment(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        said = "The points count from now on, and the person is told."
        return self._do(request, object_id, form, APPROVE, adjustments.approve, said)

    @action(description="Decline", icon="close", permissions=["decide"], dialog=DECLINE)
    def decline_adjustment(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        said = "The proposal is declined."
        return self._do(request, object_id, form, DECLINE, credit_adjustments.decline, said)

    @action(description="Withdraw", icon="undo", permissions=["withdraw"], dialog=WITHDRAW)
    def withdraw_adjustment(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        said = "The proposal is withdrawn."
        return self._do(request, object_id, form, WITHDRAW, credit_adjustments.withdraw, said)


def state_of(adjustment: Adjustment) -> Any:
    kind = STATE_TAGS.get(adjustment.state, "neutral")
    return panels.tag(adjustment.get_state_display(), kind)


def _of_account(request: HttpRequest, account: Account) -> panels.Panel:
    found = account.adjustments.select_related("proposed_by").order_by("-proposed_at", "-pk")
    rows, more = panels.first_rows(found)
    return panels.Panel(
        title="Adjustments",
        head=["Points", "State", "Reason", "Proposed by", "Proposed"],
        rows=[
            [
                panels.link(row, panels.signed(row.points)),
                state_of(row),
                row.reason,
                str(row.proposed_by),
                panels.moment(row.proposed_at),
            ]
            for row in rows
        ],
        empty="Nobody proposed to give points back.",
        more_url=panels.list_of(Adjustment, account=account.pk) if more else "",
    )


def _of_standing(request: HttpRequest, standing: Standing) -> panels.Panel:
    return _of_account(request, standing.account)


admin.site.add_panel(Account, _of_account, place=25)
admin.site.add_panel(Standing, _of_standing)
