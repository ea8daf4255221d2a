"""The queue of people who asked to be verified: taken, approved or declined in dialogs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from identity import queries
from identity.actions import requests
from identity.admin import badges
from identity.models import VerificationRequest
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, panels
from portal.core.admin.base import RecordAdmin

State = VerificationRequest.State
REQUEST_TAGS = {
    "PENDING": "info",
    "IN_REVIEW": "info",
    "APPROVED": "success",
    "DECLINED": "danger",
}


class ApproveForm(BaseDialogForm):
    method = forms.CharField(
        label="What was checked",
        max_length=80,
        help_text="How, in a few words: “Seen in person”. Nothing that stands in a document.",
    )
    reference = forms.CharField(
        label="Reference",
        max_length=120,
        required=False,
        help_text="Your own opaque number of this check. Never the number of a document.",
    )


class DeclineForm(BaseDialogForm):
    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it, and can ask another officer within 30 days.",
    )


TAKE = {
    "title": "Take this request",
    "description": "You start the review. The person sees that somebody looks at it.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Take it",
}
APPROVE = {
    "title": "Approve this request",
    "description": "An attestation is recorded, at the level of the provider.",
    "form_class": ApproveForm,
    "form_submit_text": "Approve",
}
DECLINE = {
    "title": "Decline this request",
    "description": "No attestation is recorded.",
    "form_class": DeclineForm,
    "form_submit_text": "Decline",
}


@admin.register(VerificationRequest)
class VerificationRequestAdmin(RecordAdmin):
    permissions = ("review_verifications", "view_identity")
    actions_detail = ("take_request", "approve_request", "decline_request")
    shown_once = (("Outcome", "decided_at"), ("Appeal", "appeals_id"))
    platform_path = "account__platform"
    list_display = ("person", "state_tag", "what", "requested_at", "due_at", "decided_at")
    list_select_related = ("account", "provider")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter), filters.due())
    search_fields = ("account__external_id__exact", "account__display_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("account", "state_tag", "asked", "requested_at", "due_at", "taker")}),
        ("Appeal", {"fields": ("against", "refusal", "grounds")}),
        ("Outcome", {"fields": ("decider", "decided_at", "reason")}),
    )

    def title_of(self, request: VerificationRequest) -> str:
        return str(request.account)

    @display(description="Account")
    def person(self, request: VerificationRequest) -> str:
        return str(request.account)

    @display(description="State")
    def state_tag(self, request: VerificationRequest) -> Any:
        kind = REQUEST_TAGS.get(request.state, "neutral")
        return panels.tag(str(request.get_state_display()).capitalize().replace("_", " "), kind)

    @display(description="Kind")
    def what(self, request: VerificationRequest) -> Any:
        return panels.tag("Appeal", "warning") if request.appeals_id else "Request"

    @display(description="Asked to attest")
    def asked(self, request: VerificationRequest) -> str:
        # Whom an attestation is from takes a stated purpose once there is one.
        level = request.provider.get_level_display().lower()
        return f"{request.provider}, {level}" if request.state != State.APPROVED else level

    @display(description="Taken by")
    def taker(self, request: VerificationRequest) -> str:
        return str(request.taken_by or panels.NOTHING)

    @display(description="Decided by")
    def decider(self, request: VerificationRequest) -> str:
        return str(request.decided_by or panels.NOTHING)

    @display(description="Against")
    def against(self, request: VerificationRequest) -> Any:
        return panels.link(request.appeals, "the refusal before")

    @display(description="Reason of the refusal")
    def refusal(self, request: VerificationRequest) -> str:
        return request.appeals.reason if request.appeals else panels.NOTHING

    # --- what may be done with it, each in a dialog --------------------------------------------

    def _own(self, request: HttpRequest, object_id: Any) -> VerificationRequest | None:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.REVIEW_VERIFICATIONS])
        if found is None or found.account.platform_id not in allowed:
            return None
        return None if found.provider.kind in queries.ALONE else found

    def has_take_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._own(request, object_id)
        return found is not None and found.state == State.PENDING

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._own(request, object_id)
        return found is not None and found.state == State.IN_REVIEW

    def _do(
        self,
        request: HttpRequest,
        object_id: str,
        form: Any,
        dialog: dict[str, Any],
        do: Callable[..., object],
        said: str,
    ) -> HttpResponse:
        found = self._own(request, object_id)
        if found is None:
            raise Http404

        def act() -> str:
            do(request=found, by=Actor.user(request.user), at=timezone.now())
            badges.forget(request)
            return said

        back = panels.page_of(found)
        return dialogs.answer(request, form=form, dialog=dialog, do=act, back=back)

    @action(description="Take", icon="front_hand", permissions=["take"], dialog=TAKE)
    def take_request(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, form, TAKE, requests.take, "The request is yours.")

    @action(description="Approve", icon="check", permissions=["decide"], dialog=APPROVE)
    def approve_request(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("method", "reference")}

        def do(**who: Any) -> None:
            requests.approve(**given, **who)

        return self._do(request, object_id, form, APPROVE, do, "The attestation is recorded.")

    @action(description="Decline", icon="close", permissions=["decide"], dialog=DECLINE)
    def decline_request(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def do(**who: Any) -> None:
            requests.decline(reason=form.cleaned_data["reason"], **who)

        return self._do(request, object_id, form, DECLINE, do, "The request is declined.")
