"""Who is, or was, responsible for a group."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from groups import access, events
from groups.api import parameters
from groups.models import Group
from groups.models.tenures import Role
from groups.queries import tenures
from identity.api.base import PartnerView
from identity.models.verifications import Level


class GroupOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Accord's id, for the other addresses of this group.")
    external_id = serializers.CharField(help_text="The platform's own id.")
    state = serializers.ChoiceField(Group.State.choices, help_text="As it is now.")
    size = serializers.IntegerField(allow_null=True, help_text="Members, as last told.")


class ResponsibleAccount(serializers.Serializer[Any]):
    account = serializers.CharField(help_text="The platform's own id of the account.")
    role = serializers.ChoiceField(Role.choices, help_text="Only the OWNER answers for the group.")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null while it lasts.")
    verified = serializers.ChoiceField(
        Level.choices,
        allow_null=True,
        help_text="The highest level attested at that time; null if none was.",
    )


class ResponsibleOutput(serializers.Serializer[Any]):
    group = GroupOutput()
    at = serializers.DateTimeField()
    responsible = ResponsibleAccount(many=True, help_text="The owner first, then by seniority.")


GROUP = {
    "id": "0199f3a4-5b6c-7d8e-9f00-112233445566",
    "external_id": "g-000042",
    "state": "ACTIVE",
    "size": 120,
}
ANSWER = {
    "group": GROUP,
    "at": "2026-11-02T12:00:00Z",
    "responsible": [
        {
            "account": "p-000117",
            "role": "OWNER",
            "since": "2026-04-16T12:00:00Z",
            "until": None,
            "verified": "SUBSTANTIAL",
        }
    ],
}


class GroupView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["groups"]

    @extend_schema(
        operation_id="find_group",
        summary="Find a group by the platform's own id",
        description="Turns the platform's own id of a group into Accord's, which the other "
        "addresses of the group take. A group of another platform answers like a missing one.",
        tags=["Groups"],
        parameters=[
            OpenApiParameter(
                "external_id",
                {"type": "string", "minLength": 1, "maxLength": events.ID_LENGTH},
                required=True,
                description="The platform's own id of the group.",
            )
        ],
        responses={200: GroupOutput},
        examples=[OpenApiExample("A group", value=GROUP, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        external_id = request.query_params.get("external_id", "")
        if not external_id or len(external_id) > events.ID_LENGTH or "\0" in external_id:
            sentence = f"Send the platform's own id of the group, 1 to {events.ID_LENGTH} long."
            raise ValidationError({"external_id": [sentence]})
        group = access.get_group_on(self.platform, external_id)
        return Response(GroupOutput(group).data)


class ResponsibleView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["groups"]

    @extend_schema(
        operation_id="get_responsible",
        summary="Who was responsible for a group, and when",
        description="The accounts that held a role in the group at an instant, by the platform's "
        "own ids; Accord tells partners no names. A group of another platform answers like a "
        "missing one.",
        tags=["Groups"],
        parameters=[
            OpenApiParameter(
                "at", datetime, description="An instant with its time zone. Without it: now."
            )
        ],
        responses={200: ResponsibleOutput},
        examples=[OpenApiExample("One owner", value=ANSWER, response_only=True)],
    )
    def get(self, request: Request, id: UUID) -> Response:
        group = access.get_group_by_id_on(self.platform, id)
        at = parameters.instant(request, "at") or timezone.now()
        found = tenures.get_responsible(group=group, at=at)
        answer = {
            "group": group,
            "at": at,
            "responsible": [
                {
                    "account": held.external_id,
                    "role": held.role,
                    "since": held.since,
                    "until": held.until,
                    "verified": held.verified,
                }
                for held in found
            ],
        }
        return Response(ResponsibleOutput(answer).data)
