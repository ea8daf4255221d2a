"""An administrator erases an account for a person who asked, after reading what goes and stays."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from identity import erasure
from identity.actions import erasures
from identity.models import Account
from portal.core.actors import Actor
from portal.core.admin import dialogs, panels
from portal.core.templatetags import ui


class EraseForm(dialogs.Foreseen):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    typed = forms.CharField(
        label="Type the platform's id of the account",
        help_text="So that nobody is erased by a slip of the hand.",
        max_length=200,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = Account.objects.select_related("platform").get(pk=self.object_id)
        if not self.is_bound:
            self.fields["seen"].initial = self._plan().mark

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.account.external_id:
            raise forms.ValidationError("This is not the id of this account. Nothing was erased.")
        return typed

    def foresee(self) -> list[str]:
        plan = self._plan()
        goes = [f"{line.goes} {line.name}" for line in plan.lines if line.goes]
        return [
            f"At once: {', '.join(['the name and the link to the person', *goes])}."
            if not plan.is_held
            else f"A hold keeps the account. At once: {', '.join(goes) or 'nothing'}.",
            *(
                f"{hold.reference} keeps some of it. It is looked at again by "
                f"{ui.absolute(hold.review_at)}."
                for hold in plan.holds
            ),
            *(
                f"Stays: {line.stays} {line.name}, because {line.because}."
                for line in plan.lines
                if line.stays
            ),
        ]

    def _plan(self) -> erasure.AccountPlan:
        return erasure.get_account_plan(account=self.account, at=timezone.now())


DIALOG = {
    "title": "Erase this account",
    "description": "For a person who asked for it. It cannot be undone. What stays names the "
    "account by the platform's id only, and leaves when its time ends.",
    "form_class": EraseForm,
    "form_submit_text": "Erase",
}


def answer(request: HttpRequest, *, form: EraseForm, account: Account) -> HttpResponse:
    def do() -> str:
        plan = erasures.erase_account(
            account=account,
            seen=form.cleaned_data["seen"],
            by=Actor.user(request.user),
            at=timezone.now(),
        )
        return "What no hold keeps was erased." if plan.is_held else "The account was erased."

    back = panels.page_of(account)
    return dialogs.answer(request, form=form, dialog=DIALOG, do=do, back=back)
