"""What people look for in the governance log: the form of the admin and of the dashboard."""

from typing import Any

from django import forms
from django.utils.text import capfirst

from groups import events

MOMENT = "%Y-%m-%dT%H:%M"


def in_words(kind: str) -> str:
    """Write "member.role_changed" as "Member role changed"."""
    return capfirst(kind.replace(".", " ").replace("_", " "))


def _kinds() -> list[tuple[str, str]]:
    return [("", "All kinds"), *((kind, in_words(kind)) for kind in sorted(events.KINDS))]


class Kind(forms.ChoiceField):
    """One of the kinds of events, or all of them."""

    def __init__(self, label: str) -> None:
        said = {"invalid_choice": f"Choose “{label}” from the list."}
        super().__init__(required=False, choices=_kinds, label=label, error_messages=said)


class Moment(forms.DateTimeField):
    """A moment in the reader's time zone, by the minute."""

    def __init__(self, label: str) -> None:
        super().__init__(
            required=False,
            label=label,
            widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
            input_formats=[MOMENT, f"{MOMENT}:%S"],
            error_messages={"invalid": f"Give “{label}” as a date and a time."},
        )


class OwnersLogFilter(forms.Form):
    """In one group; every field may stay empty."""

    kind = Kind("What happened")
    account = forms.CharField(
        required=False,
        max_length=events.ID_LENGTH,
        label="By or about (an account's id)",
    )
    since = Moment("From")
    until = Moment("Before")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since >= until:
            self.add_error("until", "Give a moment that is after “From”.")
        return found

    def filters(self) -> dict[str, Any]:
        """Return what was filled in, as the page was asked for it."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class StaffLogFilter(OwnersLogFilter):
    """In all groups of the platforms that the reader works for."""

    kind = Kind("Kind")
    group = forms.CharField(
        required=False, max_length=events.ID_LENGTH, help_text="The platform's id"
    )
    account = forms.CharField(
        required=False,
        max_length=events.ID_LENGTH,
        label="Account",
        help_text="The platform's id",
    )
    field_order = ("kind", "group", "account", "since", "until")
