"""The governance log for partners: read in pages, or taken out as one file."""

from datetime import datetime
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from groups import access, events, log_downloads, log_formats
from groups.api import parameters
from groups.api.events import EXAMPLE, Event, EventsView
from groups.models import LogEntry
from groups.queries import log_pages
from groups.queries.log_pages import Names, Wanted
from identity.api.base import PartnerView
from portal.core.errors import NotFound
from portal.core.models import Platform
from portal.core.pagination import CursorPagination

CSV, NDJSON = "text/csv", "application/x-ndjson"
ID = {"type": "string", "minLength": 1, "maxLength": events.ID_LENGTH}
FILTERS = [
    OpenApiParameter("group", ID, description="Only events of this group (the platform's id)."),
    OpenApiParameter(
        "account", ID, description="Only events by this account or about it (the platform's id)."
    ),
    OpenApiParameter(
        "kind",
        {"type": "string", "enum": sorted(events.KINDS)},
        description="Only events of this kind.",
    ),
    OpenApiParameter("since", datetime, description="Not before this instant."),
    OpenApiParameter("until", datetime, description="Before this instant."),
]
FILTERED = (
    "A group or an account of another platform answers like a missing one. The log keeps events "
    "for as long as its window; older ones are gone."
)


class LoggedEvent(Event):
    """A CloudEvent as it was sent, ready to be sent again."""

    type = serializers.CharField(  # type: ignore[assignment]
        help_text="The kinds are those of the filter `kind`."
    )
    sequence = serializers.CharField(help_text="Orders events of one instant.")
    recordedtime = serializers.DateTimeField(help_text="When Accord received it.")


class EventPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="Older events.")
    previous = serializers.URLField(allow_null=True, help_text="Newer events.")
    results = LoggedEvent(many=True, help_text="The newest first.")


class EventPages(CursorPagination):
    """Pages of the log, which is no queryset: see `log_pages`."""

    def page_of(self, wanted: Wanted, request: Request, at: datetime) -> list[LogEntry]:
        self.request = request
        self.limit = self._limit(request, self.page_size)
        self.page = log_pages.get_page(
            wanted=wanted, cursor=request.query_params.get("cursor"), size=self.limit, at=at
        )
        return self.page.rows


PAGING = [
    OpenApiParameter(found["name"], found["schema"], description=found["description"])
    for found in EventPages().get_schema_operation_parameters(None)
]
ANSWER = {
    "next": "https://accord.example/api/v1/events?group=g-000042&cursor=WyJmIiwiMjAyNi0xM…",
    "previous": None,
    "results": [EXAMPLE | {"sequence": "0", "recordedtime": "2026-11-02T12:00:01Z"}],
}


class EventLogView(EventsView):
    """Both sides of `/api/v1/events`: events are sent by POST and read by GET."""

    @extend_schema(
        operation_id="list_events",
        summary="Read the governance log",
        description="The events that were taken, the newest first. Pages cost the same however far "
        "back they lie, and events that arrive meanwhile move nothing. A page may hold fewer "
        "events than `limit`, even none, where few of many fit the filters: go on until `next` is "
        f"null. {FILTERED}",
        tags=["Events"],
        parameters=[*FILTERS, *PAGING],
        responses={200: EventPage},
        examples=[OpenApiExample("A page", value=ANSWER, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        wanted = _wanted(request, self.platform)
        pages = EventPages()
        rows = pages.page_of(wanted, request, at=timezone.now())
        names = Names.of(rows)
        return pages.get_paginated_response(
            [log_formats.as_cloud_event(row, names) for row in rows]
        )


class ByAddress(BaseContentNegotiation):
    """The address names the format: a client need not accept it as well."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class EventExportView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["events"]
    content_negotiation_class = ByAddress

    @extend_schema(
        operation_id="export_events",
        summary="Take out the governance log",
        description="All events that fit the filters as one file, the oldest first: NDJSON, each "
        "line as `POST /api/v1/events` takes it, or CSV. The file is sent while it is read. **An "
        "empty line ends it: a file without one was cut off**; ask again with the last `time` as "
        f"`since`. Every export is recorded in the audit log. {FILTERED}",
        tags=["Events"],
        parameters=[
            OpenApiParameter(
                "form",
                {"type": "string", "enum": ["csv", "ndjson"]},
                location=OpenApiParameter.PATH,
                description="The format of the file.",
            ),
            *FILTERS,
        ],
        responses={(200, NDJSON): str, (200, CSV): str},
        examples=[
            OpenApiExample(
                "A role was granted",
                value='{"specversion":"1.0","id":"evt-2","source":"relay","type":"accord.governance'
                '.role.granted.v1","subject":"g-sailing","time":"2026-11-02T12:00:00Z","sequence":'
                '"1","recordedtime":"2026-11-02T12:00:01Z","data":{"actor":"u-ada","subject":"u-ada"'
                ',"role":"owner"}}\n\n',
                response_only=True,
                media_type=NDJSON,
            )
        ],
    )
    def get(self, request: Request, form: str) -> StreamingHttpResponse:
        if form not in log_formats.MEDIA_TYPES:
            raise NotFound("The log is there as csv and as ndjson.")
        filters = {
            name: request.query_params.get(name)
            for name in ("group", "account", "kind", "since", "until")
        }
        return log_downloads.send(
            wanted=_wanted(request, self.platform),
            form=form,
            filters=filters,
            by=self.actor,
            at=timezone.now(),
        )


def _wanted(request: Request, platform: Platform) -> Wanted:
    """Read the filters. Raises ValidationError, and NotFound for what the platform has not."""
    group = parameters.external_id(request, "group")
    account = parameters.external_id(request, "account")
    kind = request.query_params.get("kind")
    if kind is not None and kind not in events.KINDS:
        raise ValidationError({"kind": ["Accord does not know this kind of event."]})
    since, until = (parameters.instant(request, name) for name in ("since", "until"))
    if since and until and since >= until:
        raise ValidationError({"until": ["Send an instant that is after since."]})
    return Wanted(
        platform_ids=frozenset([platform.pk]),
        group_ids=(access.get_group_on(platform, group).pk,) if group else None,
        account_ids=(access.get_account_on(platform, account).pk,) if account else None,
        kind=kind,
        since=since,
        until=until,
    )
