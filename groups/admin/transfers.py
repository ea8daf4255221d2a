from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from groups import access, ownership
from groups.actions import claims
from groups.models import Claim, Transfer
from identity.roles import Permission
from portal.core import errors
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, panels
from portal.core.admin.base import RecordAdmin

DECIDE = Permission.DECIDE_CASES
STATE_TAGS = {"OFFERED": "info", "ACCEPTED": "success", "DECLINED": "danger"}


class GiveForm(dialogs.Foreseen):
    def foresee(self) -> list[str]:
        claim = Claim.objects.select_related("group__platform", "account").get(pk=self.object_id)
        others = Claim.objects.filter(group=claim.group, state=Claim.State.OFFERED)
        found = [
            one.sentence
            for one in ownership.list_obstacles(
                account=claim.account, group=claim.group, at=timezone.now()
            )
        ]
        if waiting := others.exclude(pk=claim.pk).count():
            found.append(f"Other claims to the group that will be declined: {waiting}.")
        return found


GIVE = {
    "title": "Give the group to this claimant",
    "description": "They answer for it at once, and are told.",
    "form_class": GiveForm,
    "form_submit_text": "Give the group",
}
DECLINE = {
    "title": "Decline this claim",
    "description": "The group stays without an owner, and the claimant is told.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Decline",
}


@admin.register(Transfer)
class TransferAdmin(RecordAdmin):
    platform_path = "group__platform"
    linked_by = ("group",)
    list_display = ("of_group", "from_account", "to_account", "state_tag", "offered_at")
    list_select_related = ("group", "from_account", "to_account")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("group__external_id__exact", "group__name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("group", "from_account", "to_account", "state_tag")}),
        ("When", {"fields": ("offered_at", "expires_at", "ended_at", "taken_back_at")}),
    )

    @display(description="Group")
    def of_group(self, transfer: Transfer) -> str:
        return str(transfer.group)

    @display(description="State")
    def state_tag(self, transfer: Transfer) -> Any:
        if transfer.taken_back_at:
            return panels.tag("Taken back", "neutral")
        kind = STATE_TAGS.get(transfer.state, "neutral")
        return panels.tag(transfer.get_state_display(), kind)


@admin.register(Claim)
class ClaimAdmin(RecordAdmin):
    actions_detail = ("accept_claim", "decline_claim")
    platform_path = "group__platform"
    linked_by = ("group",)
    list_display = ("of_group", "account", "state_tag", "claimed_at", "expires_at")
    list_select_related = ("group", "account")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("group__external_id__exact", "group__name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("group", "account", "state_tag")}),
        ("When", {"fields": ("claimed_at", "expires_at", "ended_at", "decider")}),
    )

    @display(description="Group")
    def of_group(self, claim: Claim) -> str:
        return str(claim.group)

    @display(description="State")
    def state_tag(self, claim: Claim) -> Any:
        return panels.tag(claim.get_state_display(), STATE_TAGS.get(claim.state, "neutral"))

    @display(description="Decided by")
    def decider(self, claim: Claim) -> str:
        return str(claim.decided_by or panels.NOTHING)

    # --- what may be done with it, each in a dialog --------------------------------------------

    def _own(self, request: HttpRequest, object_id: Any) -> Claim | None:
        """Return the claim if the reader may answer claims on its platform."""
        try:
            return access.get_claim_for(request.user, object_id, permission=DECIDE)
        except errors.NotFound:
            return None

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        claim = self._own(request, object_id) if object_id else None
        return claim is not None and claim.state == Claim.State.OFFERED

    def _do(
        self, request: HttpRequest, object_id: Any, form: Any, dialog: Any, do: Any, said: str
    ) -> HttpResponse:
        claim = self._own(request, object_id)
        if claim is None:
            raise Http404

        def act() -> str:
            do(claim=claim, by=Actor.user(request.user), at=timezone.now())
            return said.format(claim=claim)

        back = panels.page_of(claim)
        return dialogs.answer(request, form=form, dialog=dialog, do=act, back=back)

    @action(description="Give the group", icon="done_all", permissions=["answer"], dialog=GIVE)
    def accept_claim(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        said = "{claim.account} answers for {claim.group} now."
        return self._do(request, object_id, form, GIVE, claims.accept, said)

    @action(description="Decline", icon="close", permissions=["answer"], dialog=DECLINE)
    def decline_claim(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        said = "The claim of {claim.account} is declined."
        return self._do(request, object_id, form, DECLINE, claims.decline, said)
