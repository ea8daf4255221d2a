"""allauth's forms for new second factors, which also prove one in this very session."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm


class ActivateTOTP(ActivateTOTPForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        """Count the right code as the second factor of this session: it was just proven."""
        code: str = super().clean_code()
        record_authentication(context.request, self.user, "mfa", type=Authenticator.Type.TOTP)
        return code


class AddWebAuthn(AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("credential"):
            record_authentication(
                context.request, self.user, "mfa", type=Authenticator.Type.WEBAUTHN
            )
        return cleaned
