"""The ordinary way of doing it, served by the same web server: what Accord is measured against."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.rows import COLUMNS
from groups.models import LogEntry
from identity.models import Account


class RowList(serializers.ListSerializer[Any]):
    def create(self, validated_data: list[dict[str, Any]]) -> list[LogEntry]:
        return LogEntry.objects.bulk_create([LogEntry(**row) for row in validated_data])


class Row(serializers.ModelSerializer[LogEntry]):
    class Meta:
        model = LogEntry
        fields = COLUMNS
        list_serializer_class = RowList


class RowsView(APIView):
    """A list of finished rows: groups and accounts are already looked up, nothing is applied."""

    permission_classes = ()
    parser_classes = (JSONParser,)

    def post(self, request: Request) -> Response:
        rows = Row(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        rows.save()
        return Response(rows.data)


INSERT = f"""INSERT INTO groups_logentry ({", ".join(COLUMNS)})
VALUES ({", ".join(["%s"] * len(COLUMNS))})"""


@csrf_exempt
def insert_row(request: HttpRequest) -> HttpResponse:
    """Write one row whose values come as tab-separated text, by one prepared statement."""
    values = [None if value == r"\N" else value for value in request.body.decode().split("\t")]
    connection.ensure_connection()
    connection.connection.execute(INSERT, values, prepare=True)
    return JsonResponse({"stored": 1})


@csrf_exempt
def answer(request: HttpRequest) -> HttpResponse:
    """Say yes to everybody, from nothing."""
    return JsonResponse({"decision": True})


class Question(serializers.Serializer[Any]):
    account = serializers.CharField(max_length=200)


class EvaluationView(APIView):
    """Sum up what counts of an account's ledger, for whoever has a token of DRF's own."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)
    parser_classes = (JSONParser,)

    def post(self, request: Request) -> Response:
        asked = Question(data=request.data)
        asked.is_valid(raise_exception=True)
        known = Account.objects.filter(platform__slug="bench")
        account = get_object_or_404(known, external_id=asked.validated_data["account"])
        now = timezone.now()
        score = 12
        for entry in account.ledger.all():
            if entry.effective_at <= now and (entry.expires_at is None or entry.expires_at > now):
                score += entry.points
        return Response({"decision": score >= 7, "score": max(0, min(12, score))})


class ReconnectingView(EvaluationView):
    """The same where no connection to the database is kept, as Django is by default."""

    def post(self, request: Request) -> Response:
        response = super().post(request)
        connection.close()
        return response
