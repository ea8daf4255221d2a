"""A small API of the tests' own, with everything that portal.core gives to an API."""

from types import SimpleNamespace
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import Http404
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.core import errors, idempotency, outbox
from portal.core.models import OutboxEvent
from portal.core.pagination import CursorPagination, Keyset
from tests.factories.base import AT

handler400 = "portal.core.error_pages.bad_request"
handler403 = "portal.core.error_pages.permission_denied"
handler404 = "portal.core.error_pages.page_not_found"
handler500 = "portal.core.error_pages.server_error"

hooks = SimpleNamespace(inside=None)


class ClientHeader(BaseAuthentication):
    """Takes the client's id from a header, where the real API takes it from the token."""

    def authenticate(self, request):
        if "X-Client" not in request.headers:
            return None
        try:
            client_id = UUID(request.headers["X-Client"])
        except ValueError as error:
            raise AuthenticationFailed from error
        return SimpleNamespace(is_authenticated=True), SimpleNamespace(application_id=client_id)

    def authenticate_header(self, request):
        return 'Bearer realm="accord"'


class EventInput(serializers.Serializer):
    platform = serializers.UUIDField()
    subject = serializers.CharField(max_length=20)
    tags = serializers.ListField(
        child=serializers.DictField(child=serializers.IntegerField()), required=False
    )


class Events(APIView):
    authentication_classes = (ClientHeader,)

    @extend_schema(request=EventInput, responses={201: dict})
    @idempotency.keyed
    def post(self, request):
        data = EventInput(data=request.data)
        data.is_valid(raise_exception=True)
        outbox.publish(
            platform_id=data.validated_data["platform"],
            type="accord.test.v1",
            subject=data.validated_data["subject"],
            data={},
            at=AT,
        )
        if hooks.inside:
            hooks.inside(request)
        return Response({"events": OutboxEvent.objects.count()}, status=201)

    @extend_schema(responses={200: dict})
    def get(self, request):
        pages = CursorPagination()
        rows = pages.paginate_queryset(OutboxEvent.objects.all(), request, self)
        return pages.get_paginated_response([row.subject for row in rows])

    keyset = Keyset("created_at", "id")


class Fails(APIView):
    authentication_classes = (ClientHeader,)

    def get(self, request, kind):
        raise FAILURES[kind]()


class SlowDown(errors.Unavailable):
    code = "slow-down"
    retry_after = 7


FAILURES = {
    "conflict": lambda: errors.Conflict("C-1 was decided meanwhile.", state="DECIDED", at=AT),
    "missing": Http404,
    "validation": lambda: ValidationError({"name": ["Too long."]}),
    "database": lambda: OperationalError("connection to 10.0.0.7 refused"),
    "slow": lambda: SlowDown("Wait."),
    "bug": lambda: RuntimeError("secret detail 4711"),
}


def page(request, kind):
    raise FAILURES[kind]()


urlpatterns = [
    path("", include("portal.core.urls")),
    path("api/v1/events", Events.as_view()),
    path("api/v1/fails/<slug:kind>", Fails.as_view()),
    path("pages/<slug:kind>/", page),
    path("", include("portal.urls")),
]
