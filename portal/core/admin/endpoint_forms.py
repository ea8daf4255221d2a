"""What the dialogs of webhook endpoints ask."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from portal.core.admin import dialogs
from portal.core.admin.choosing import PlatformForm
from portal.core.event_types import EVENT_TYPES
from portal.core.models import WebhookEndpoint


class EventTypesField(forms.MultipleChoiceField):
    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="Events",
            required=False,
            choices=EVENT_TYPES.items(),
            help_text="None chosen: all of them, also those that a later version adds.",
            **options,
        )


class AddForm(PlatformForm):
    url = forms.URLField(
        label="Address",
        max_length=500,
        assume_scheme="https",
        help_text="It begins with https:// and leads to a public network.",
    )
    event_types = EventTypesField()


class ChangeForm(BaseDialogForm):
    event_types = EventTypesField()
    # What the person was shown.
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        endpoint = WebhookEndpoint.objects.filter(pk=self.object_id).first()
        if endpoint is not None:
            self.initial = {"event_types": endpoint.event_types, "seen": endpoint.event_types}

    def clean_seen(self) -> list[str]:
        seen = self.cleaned_data["seen"] or []
        if not isinstance(seen, list) or not all(isinstance(name, str) for name in seen):
            raise forms.ValidationError("Reload the page and change the endpoint again.")
        return seen


class DisableForm(BaseDialogForm):
    reason = forms.CharField(max_length=200, help_text="For your colleagues.")


ADD: dict[str, Any] = {
    "title": "Add an endpoint",
    "description": "Accord sends it what happens from now on. You see its secret once.",
    "form_class": AddForm,
    "form_submit_text": "Add and show the secret",
}
CHANGE: dict[str, Any] = {
    "title": "Change what this endpoint hears of",
    "description": "For events from now on.",
    "form_class": ChangeForm,
    "form_submit_text": "Save",
}
NEW_SECRET: dict[str, Any] = {
    "title": "Make a new secret",
    "description": "You see it once. The present secret signs as well until you end it, so that "
    "the receiver loses nothing.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Make and show it",
}
END_PREVIOUS: dict[str, Any] = {
    "title": "End the previous secret",
    "description": "From now on only the present secret signs. End it once the receiver has the "
    "present one; until then it would take no event.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "End it",
}
DISABLE: dict[str, Any] = {
    "title": "Disable this endpoint",
    "description": "Nothing is sent any more. What waits now is sent when you enable it again; "
    "what happens meanwhile is not.",
    "form_class": DisableForm,
    "form_submit_text": "Disable",
}
ENABLE: dict[str, Any] = {
    "title": "Enable this endpoint again",
    "description": "It hears of what happens from now on, after what waited.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Enable",
}
SEND_AGAIN: dict[str, Any] = {
    "title": "Send this delivery again",
    "description": "Under the same webhook id, with all attempts anew. A receiver that has it "
    "already can tell.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Send again",
}
