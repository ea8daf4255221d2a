"""What people fill in who were invited."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin

from groups.forms import Form
from identity.models import User


class AddressForm(Form):
    email = forms.EmailField(
        label="Your email address",
        max_length=254,
        help_text="You sign in with it, and get a link there now. The service does not learn it.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class JoinForm(SetPasswordMixin, Form):  # type: ignore[type-arg]
    error_messages = {"password_mismatch": "The two passwords differ. Enter the same one twice."}  # noqa: RUF012
    name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="How Accord greets you. Staff see it beside what you write.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password1, password2 = SetPasswordMixin.create_password_fields(
        label1="Password", label2="The same again"
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.validate_passwords()
        self.validate_password_for_user(
            User(email=self._email, name=cleaned.get("name", "")), "password1"
        )
        return cleaned
