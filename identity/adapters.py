"""How allauth behaves here: invitation only, secrets encrypted, failures counted by axes."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from identity import second_factors
from identity.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "Address and password do not belong together. Check both.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your current password.",
        "too_many_login_attempts": "Too many wrong codes. Wait five minutes, then try again.",
        "rate_limited": "Too many attempts. Wait five minutes, then try again.",
        "email_taken": "This address belongs to another account.",
        "same_as_current": "This is the address you have already.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come by invitation."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; what allauth knows of the person's address follows `user.email`.

        Without a verified row allauth takes the address one signs in with for an unconfirmed
        change, and drops it when the person asks for another.
        """
        if not EmailAddress.objects.filter(user=user, email=user.email).exists():
            with transaction.atomic():
                EmailAddress.objects.filter(user=user).delete()
                EmailAddress.objects.create(
                    user=user, email=user.email, verified=True, primary=True
                )
        super().login(request, user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave wrong passwords to axes, whose page says until when the sign-in is locked."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Spare people who signed in a moment ago the same password again."""
        request = context.request
        fresh_since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(request, request.user)
        if any(record["at"] > fresh_since for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors; what allauth keeps of them is encrypted at rest."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or was used already. "
        "Enter the one that the app shows now.",
    }

    def encrypt(self, text: str) -> str:
        return second_factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factors.unseal(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code without the XML declaration, to stand inside a page."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Key {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Accord"}
