"""Partners invite the person behind an account to sign in."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identity.actions import accounts, invitations
from identity.api.base import PartnerView
from identity.models import Account
from portal.core import idempotency


class InvitationInput(serializers.Serializer[Any]):
    account = serializers.CharField(
        max_length=200,
        help_text="Your id of the account. One that Accord does not know yet is created.",
    )


class InvitationOutput(serializers.Serializer[Any]):
    account = serializers.CharField()
    link = serializers.URLField(help_text="Give it to that person only: it connects the account.")
    expires_at = serializers.DateTimeField()
    is_connected = serializers.BooleanField(
        help_text="Whether the account has a sign-in already. The link leads there then."
    )


class InvitationsView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["invitations"]

    @extend_schema(
        operation_id="invite_account",
        summary="Invite the person behind an account",
        description="Makes a link that connects the account with the sign-in of whoever opens it, "
        "for three days. Show it to a person who is signed in to that account on your service, or "
        "send it to them there. Whoever has no sign-in makes one on the way, with an address that "
        "you do not learn. An account that is connected stays with its person.",
        tags=["Invitations"],
        request=InvitationInput,
        responses={201: InvitationOutput},
        examples=[
            OpenApiExample("An owner", value={"account": "p-000117"}, request_only=True),
            OpenApiExample(
                "Invited",
                value={
                    "account": "p-000117",
                    "link": "https://accord.example/invitations/AQdwcmltYXJ5…/",
                    "expires_at": "2026-11-05T12:00:00Z",
                    "is_connected": False,
                },
                response_only=True,
                status_codes=["201"],
            ),
        ],
    )
    @idempotency.keyed
    def post(self, request: Request) -> Response:
        given = InvitationInput(data=request.data)
        given.is_valid(raise_exception=True)
        name, at = given.validated_data["account"], timezone.now()
        ids = accounts.ensure(platform=self.platform, external_ids=[name], by=self.actor, at=at)
        account = Account.objects.get(pk=ids[name])
        invitation = invitations.issue(account=account, by=self.actor, at=at)
        told = {
            "account": name,
            "link": invitation.link,
            "expires_at": invitation.expires_at,
            "is_connected": account.user_id is not None,
        }
        return Response(InvitationOutput(told).data, status=201)
