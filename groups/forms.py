"""What owners, managers and members fill in. The actions decide; these say what is missing."""

import zoneinfo
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.utils import timezone

from groups.actions.flags import LONGEST_EXCERPT, LONGEST_STATEMENT
from groups.log_filters import MOMENT
from groups.models import Rule
from groups.notice_phrases import PHRASES
from identity.models import Account

LONGEST = 5000
LONGEST_NAME = 200
NOBODY_NAMED = "Say who takes the group on."
# What a report that names somebody begins with.
ABOUT = "About {name}:\n\n"
# How each language that notices are written in calls itself.
LANGUAGE_NAMES = {"en": "English", "de": "Deutsch"}


class Form(forms.Form):
    """A form of the dashboard; `status` is what a refused one answers with."""

    status = 422
    use_required_attribute = False


class VersionedForm(Form):
    """A form that carries the version of the record that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class PastInstantForm(Form):
    """A moment that has passed, in the reader's time zone unless it names its own."""

    at = forms.DateTimeField(
        label="Day and time",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
        error_messages={"invalid": "Write the day and the time as 2026-05-31T14:00."},
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        latest = timezone.localtime(now).strftime(MOMENT)
        self.fields["at"].widget.attrs["max"] = latest

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at > self._now:
            raise forms.ValidationError("That has not come yet. Choose a moment that has passed.")
        return at


class AnswerForm(VersionedForm):
    text = forms.CharField(
        label="What did you do?",
        help_text="Say what you found and what you did about it. Staff read it beside the report.",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 7}),
    )


class AppealForm(Form):
    grounds = forms.CharField(
        label="What is wrong with the decision?",
        help_text="For example: it was somebody else, the facts are not right, the rule does not"
        " fit, or the measure is too hard.",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 7}),
    )
    new_facts = forms.CharField(
        label="Is there something we did not know?",
        help_text="Facts that were not looked at so far, and where we find them.",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )


class WithdrawForm(VersionedForm):
    """Nothing to fill in: the button is the answer."""


class ConfirmForm(Form):
    """Nothing to fill in, and nothing that goes stale: what ended, ends once."""


class HandOverForm(Form):
    """Whom the owner offers the group to: one of those who help them, or anybody they name."""

    helper = forms.ChoiceField(
        label="Somebody who helps with the group", required=False, widget=forms.RadioSelect
    )
    recipient = forms.CharField(
        label="Somebody else",
        help_text="Their id or their name, exactly as the service shows it.",
        max_length=LONGEST_NAME,
        required=False,
    )

    def __init__(self, data: Any = None, *, helpers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["helper"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = helpers
        self.helper_ids = {external_id for external_id, _ in helpers}
        if not helpers:
            del self.fields["helper"]
            recipient = self.fields["recipient"]
            recipient.label, recipient.required = "Who takes it on?", True
            recipient.error_messages["required"] = NOBODY_NAMED

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        helper, named = found.get("helper", ""), found.get("recipient", "")
        if helper and named:
            self.add_error("recipient", "Choose one person, or name somebody else, not both.")
        if not helper and not named and not self.errors:
            self.add_error("recipient", NOBODY_NAMED)
        return found

    def words(self) -> str:
        """Return how the chosen person is called: an id where they were chosen from the list."""
        return str(self.cleaned_data.get("helper") or self.cleaned_data["recipient"])

    def names_a_stranger(self) -> bool:
        """Tell whether the words are not the id of somebody who helps with the group."""
        return self.words() not in self.helper_ids


class ClaimForm(Form):
    account = forms.ChoiceField(label="Your account", help_text="The group is on its service.")
    group = forms.CharField(
        label="Which group?", help_text="Its id on the service.", max_length=200
    )

    def __init__(self, data: Any = None, *, accounts: list[Account], **options: Any) -> None:
        super().__init__(data, **options)
        self.accounts = {str(account.pk): account for account in accounts}
        field = self.fields["account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (key, f"{account} on {account.platform}") for key, account in self.accounts.items()
        ]
        if len(accounts) == 1:
            field.widget = forms.HiddenInput()
            self.initial.setdefault("account", str(accounts[0].pk))

    def chosen_account(self) -> Account:
        return self.accounts[self.cleaned_data["account"]]


class FlagForm(Form):
    """A report by a member. `rules` are those of all the platforms of the person's accounts."""

    # Sending the same page twice sends one report.
    token = forms.UUIDField(widget=forms.HiddenInput)
    account = forms.ChoiceField(
        label="Your account", help_text="The report goes to the service of this account."
    )
    group = forms.CharField(
        label="Which group is it about?",
        help_text="Its name, or its id on the service.",
        max_length=200,
    )
    subject = forms.CharField(
        label="Which member is it about?",
        help_text="Their name or id, as the service shows it. We do not say whether we know them:"
        " what you write here becomes part of the text that the group and staff read. Leave it"
        " empty when it is about the group itself.",
        max_length=LONGEST_NAME,
        required=False,
    )
    about_owner = forms.BooleanField(
        label="It is about the owner of the group",
        help_text="Staff look at it at once, and the owner does not see it while they do.",
        required=False,
    )
    rule = forms.ChoiceField(label="Which rule was broken?")
    statement = forms.CharField(
        label="What happened?",
        help_text="In your own words. The group sees this text, but never who wrote it: leave out"
        " what would give you away.",
        max_length=LONGEST_STATEMENT - len(ABOUT) - LONGEST_NAME,
        widget=forms.Textarea({"rows": 6}),
    )
    excerpt = forms.CharField(
        label="An excerpt that shows it",
        help_text="Copy only what is needed. It is stored encrypted and deleted after the case.",
        max_length=LONGEST_EXCERPT,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(
        self, data: Any = None, *, accounts: list[Account], rules: list[Rule], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.accounts = {str(account.pk): account for account in accounts}
        self.rules = {str(rule.pk): rule for rule in rules}
        account_field, rule_field = self.fields["account"], self.fields["rule"]
        assert isinstance(account_field, forms.ChoiceField)
        assert isinstance(rule_field, forms.ChoiceField)
        account_field.choices = [
            (key, f"{account} on {account.platform}") for key, account in self.accounts.items()
        ]
        if len(accounts) == 1:
            account_field.widget = forms.HiddenInput()
            self.initial.setdefault("account", str(accounts[0].pk))
        rule_field.choices = [("", "Choose a rule"), *self._rules_by_platform()]
        self.initial.setdefault("token", uuid4())

    def _rules_by_platform(self) -> list[tuple[str, Any]]:
        """List the rules; under the name of their platform when there are several."""
        grouped: dict[str, list[tuple[str, str]]] = {}
        for key, rule in self.rules.items():
            grouped.setdefault(str(rule.platform), []).append((key, f"{rule.code} {rule.title}"))
        if len(grouped) == 1:
            return next(iter(grouped.values()))
        return list(grouped.items())

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        account, rule = self.chosen_account(), self.chosen_rule()
        if account and rule and account.platform_id != rule.platform_id:
            self.add_error("rule", f"Choose a rule of {account.platform}.")
        return found

    def chosen_account(self) -> Account | None:
        return self.accounts.get(self.cleaned_data.get("account", ""))

    def chosen_rule(self) -> Rule | None:
        return self.rules.get(self.cleaned_data.get("rule", ""))

    def whole_statement(self) -> str:
        """Return what happened, and to begin with, whom the reporter named."""
        name = self.cleaned_data["subject"]
        about = ABOUT.format(name=name) if name else ""
        return about + str(self.cleaned_data["statement"])

    def key(self) -> UUID:
        """Return what makes the report the same when it is sent again.

        Whom it is about is part of that. Under one key, another name would be refused where it
        means somebody else, and be taken where neither name means anybody: that tells.
        """
        token: UUID = self.cleaned_data["token"]
        about = (self.cleaned_data["subject"], self.cleaned_data["about_owner"])
        return uuid5(token, repr(about))


class PreferencesForm(Form):
    # Made of what the person saw: somebody who changed it elsewhere meanwhile hears of it.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = forms.CharField(
        label="Your name", help_text="Only you and staff see it.", max_length=120
    )
    language = forms.ChoiceField(
        label="Language of notices",
        choices=[(key, LANGUAGE_NAMES.get(key, key)) for key in PHRASES],
    )
    timezone = forms.ChoiceField(label="Time zone", help_text="All times are shown in it.")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["timezone"]
        assert isinstance(field, forms.ChoiceField)
        zones = sorted(zone for zone in zoneinfo.available_timezones() if _is_a_place(zone))
        field.choices = [(zone, zone.replace("_", " ")) for zone in ["UTC", *zones]]


def _is_a_place(zone: str) -> bool:
    """Leave out abbreviations and old names, which nobody looks for."""
    return "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


class EraseForm(Form):
    """The person says that they mean it; `seen` is what they were shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    sure = forms.BooleanField(label="Erase me. I know that it cannot be undone.")


class DelegationForm(Form):
    """Whether one manager answers reports."""

    account = forms.UUIDField(widget=forms.HiddenInput)
    answers = forms.BooleanField(required=False, widget=forms.HiddenInput)


class DutiesForm(Form):
    """The version that the person read, for one of their accounts."""

    account = forms.UUIDField(widget=forms.HiddenInput)
    duties = forms.UUIDField(widget=forms.HiddenInput)
