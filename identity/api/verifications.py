"""Partners attest people on their platform, and take it back: never a document, never a name."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from identity import access
from identity.actions import verifications
from identity.api.base import PartnerView
from identity.models.verifications import Level
from portal.core import idempotency

OPAQUE = "Never a number of a document, a name or a date of birth."


class VerificationInput(serializers.Serializer[Any]):
    account = serializers.CharField(max_length=200, help_text="Your id of the account.")
    provider = serializers.CharField(
        max_length=120, help_text="Name of a provider of the kind partner, as staff added it."
    )
    method = serializers.CharField(
        max_length=80, help_text=f"How it was checked, in a few words. {OPAQUE}"
    )
    reference = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        default="",
        help_text=f"Your own opaque reference of the check. {OPAQUE}",
    )
    verified_at = serializers.DateTimeField(help_text="When it was checked. Not in the future.")


class RevocationInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, help_text="Why. The person reads it.")


class VerificationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Accord's id of the attestation, to revoke it.")
    account = serializers.CharField(source="account.external_id")
    level = serializers.ChoiceField(Level.choices, help_text="What the provider attests.")
    verified_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


ANSWER = {
    "id": "0199f3a4-5b6c-7d8e-9f00-112233445577",
    "account": "p-000117",
    "level": "SUBSTANTIAL",
    "verified_at": "2026-11-02T12:00:00Z",
    "expires_at": "2028-11-01T12:00:00Z",
    "revoked_at": None,
}


class VerificationsView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["verifications"]

    @extend_schema(
        operation_id="attest_verification",
        summary="Attest that a person was verified",
        description="Records what you attest: that somebody was checked, how and when. The level "
        "and how long it holds are those of the provider. Accord takes no documents.",
        tags=["Verifications"],
        request=VerificationInput,
        responses={201: VerificationOutput},
        examples=[
            OpenApiExample(
                "Checked in a shop",
                value={
                    "account": "p-000117",
                    "provider": "Relay counters",
                    "method": "Seen in person",
                    "reference": "chk-5521",
                    "verified_at": "2026-11-02T12:00:00Z",
                },
                request_only=True,
            ),
            OpenApiExample("Recorded", value=ANSWER, response_only=True, status_codes=["201"]),
        ],
    )
    @idempotency.keyed
    def post(self, request: Request) -> Response:
        given = VerificationInput(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data
        account = access.find_account_on(self.platform, sent["account"])
        provider = access.find_partner_provider_on(self.platform, sent["provider"])
        missing = {
            name: ["Nothing of this name or id is known on your platform."]
            for name, found in (("account", account), ("provider", provider))
            if found is None
        }
        if account is None or provider is None:
            raise ValidationError(missing)
        verification = verifications.record(
            account=account,
            provider=provider,
            method=sent["method"],
            reference=sent["reference"],
            verified_at=sent["verified_at"],
            by=self.actor,
            at=timezone.now(),
        )
        return Response(VerificationOutput(verification).data, status=201)


class RevocationView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["verifications"]

    @extend_schema(
        operation_id="revoke_verification",
        summary="Take an attestation back",
        description="Ends an attestation of a partner provider before its time, such as after an "
        "error. It stays on record as revoked. One of another platform, or of another kind of "
        "provider, answers like a missing one.",
        tags=["Verifications"],
        request=RevocationInput,
        responses={200: VerificationOutput},
        examples=[
            OpenApiExample(
                "An error",
                value={"reason": "The check was recorded for the wrong account."},
                request_only=True,
            ),
            OpenApiExample(
                "Revoked",
                value=ANSWER | {"revoked_at": "2026-11-03T09:00:00Z"},
                response_only=True,
            ),
        ],
    )
    @idempotency.keyed
    def post(self, request: Request, id: UUID) -> Response:
        verification = access.get_verification_on(self.platform, id)
        given = RevocationInput(data=request.data)
        given.is_valid(raise_exception=True)
        revoked = verifications.revoke(
            verification=verification,
            reason=given.validated_data["reason"],
            by=self.actor,
            at=timezone.now(),
        )
        return Response(VerificationOutput(revoked).data)
