"""The dialogs that change a window: the effect of a shorter one is shown before."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import dateformat, timezone

from portal.core import foresight, schedule
from portal.core.admin import dialogs
from portal.core.data_classes import DataClass, registry
from portal.core.models import WindowChange

NO_BREAK = "\N{NO-BREAK SPACE}"


def in_days(days: int) -> str:
    return f"{days}{NO_BREAK}day{'' if days == 1 else 's'}"


def _lost(data_class: DataClass, days: int) -> str:
    """Say what the next purge would take because of a shorter window."""
    at = timezone.now()
    lost = foresight.get_lost(data_class, days=days, at=at)
    purge = dateformat.format(timezone.localtime(schedule.get_next_purge(at=at)), "j M Y, H:i T")
    rows = (
        "an unknown number of rows (counting them takes too long)"
        if lost is None
        else f"{lost:,} row{'' if lost == 1 else 's'}"
    )
    return (
        f"Once approved, the next purge ({purge}) deletes {rows} of {data_class.name} that the "
        f"present window of {in_days(data_class.days())} would keep."
    )


class ProposeForm(dialogs.Foreseen):
    data_class = forms.ChoiceField(label="Data")
    days = forms.IntegerField(label="Keep for how many days", min_value=0, max_value=100_000)
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    # The class and days whose effect was shown.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        field: Any = self.fields["data_class"]
        field.choices = [
            (row.name, f"{row.name.capitalize()} ({row.window.floor} to {row.window.ceiling} days)")
            for row in registry.classes.values()
            if not row.window.is_fixed
        ]

    def needs_a_look(self) -> bool:
        """Say whether the window gets shorter and nobody has seen what that deletes."""
        chosen = registry.classes[self.cleaned_data["data_class"]]
        days = self.cleaned_data["days"]
        return days < chosen.days() and self.cleaned_data["seen"] != f"{chosen.name}:{days}"

    def foresee(self) -> list[str]:
        """Show the effect, and note that it was shown."""
        if not self.is_bound or not self.is_valid() or not self.needs_a_look():
            return []
        chosen, days = self.cleaned_data["data_class"], self.cleaned_data["days"]
        data = self.data.copy()
        data["seen"] = f"{chosen}:{days}"
        self.data = data
        return [_lost(registry.classes[chosen], days), "To propose it, choose “Propose” again."]


class ApproveForm(dialogs.Foreseen):
    def foresee(self) -> list[str]:
        change = WindowChange.objects.get(pk=self.object_id)
        data_class = registry.classes.get(change.data_class)
        if data_class is None:
            return []
        if change.is_shorter:
            return [_lost(data_class, change.days)]
        kept = f"What is {in_days(change.days_before)} old stays until it is {change.days}."
        return [f"The longer window counts at once. {kept}"]


PROPOSE = {
    "title": "Propose another window",
    "description": "For all platforms. Nothing changes before a second person approves it.",
    "form_class": ProposeForm,
    "form_submit_text": "Propose",
}
APPROVE = {
    "title": "Approve this window",
    "description": "You stand for it as the second person.",
    "form_class": ApproveForm,
    "form_submit_text": "Approve",
}
WITHDRAW = {
    "title": "Withdraw this proposal",
    "description": "The window stays as it is.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Withdraw",
}
