"""The groups of a person, and the pages of one group: its cases, and who answers for it."""

import csv
import io
from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from groups import access
from groups.models import Group, Tenure
from groups.queries import answering, dashboard
from groups.queries import tenures as tenure_queries
from groups.queries import transfers as transfer_queries
from groups.views import pictures, visitor
from portal.core import cells

MOST_TENURES = 100
STATES = {"ACTIVE": "good", "ORPHANED": "watch", "FROZEN": "bad", "CLOSED": "neutral"}
ORDER = ["OWNER", "CO_OWNER", "MANAGER"]
HEADINGS = ["account", "name", "role", "from", "until", "how it began", "how it ended"]


@require_safe
@login_required
def list_groups(request: HttpRequest) -> HttpResponse:
    user = visitor.user_of(request)
    roles = list(dashboard.list_groups(user=user))
    counts = dashboard.count_open_cases(user=user, group_ids=[role.group_id for role in roles])
    return render(
        request,
        "groups/list.html",
        {
            "section": "groups",
            "rows": [
                (role, STATES[role.group.state], counts.get(role.group_id, 0)) for role in roles
            ],
            "has_earlier": dashboard.has_earlier_cases(user=user),
        },
    )


@require_safe
@login_required
def list_cases(request: HttpRequest, id: str) -> HttpResponse:
    user = visitor.user_of(request)
    group = access.get_group_for_owner(user, id)
    frame = frame_of(request, group, dashboard.get_role(user=user, group=group), "cases")
    return render(request, "groups/cases.html", frame | _cases(request, group))


@require_safe
@login_required
def list_all_cases(request: HttpRequest) -> HttpResponse:
    """Show every case that is shown to the reader, also of groups that they no longer hold."""
    trail = [("/", "Home"), ("", "Cases")]
    shown = {"section": "groups", "trail": trail, "names_group": True} | _cases(request, None)
    return render(request, "groups/all_cases.html", shown)


def _cases(request: HttpRequest, group: Group | None) -> dict[str, Any]:
    user = visitor.user_of(request)
    mark = request.GET.get("before", "")
    before = int(mark) if mark.isascii() and mark.isdigit() and len(mark) < 16 else None
    open_cases, past = dashboard.list_cases(user=user, group=group, before=before)
    found, has_more = visitor.page_of(past)
    theirs = answering.only_theirs(open_cases, user=user)
    return {
        "open_cases": [] if before else list(open_cases[:200]),
        "answerable": set(theirs.values_list("pk", flat=True)),
        "past": found,
        "newer_url": request.path if before else "",
        "older_url": f"?before={found[-1].number}" if has_more else "",
    }


@require_safe
@login_required
def show_people(request: HttpRequest, id: str) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    group = access.get_group_for_owner(user, id)
    tenures = list(tenure_queries.list_tenures(group=group)[: MOST_TENURES + 1])
    frame = frame_of(request, group, dashboard.get_role(user=user, group=group), "people")
    return render(
        request,
        "groups/people.html",
        frame
        | {
            "now_held": sorted(
                (tenure for tenure in tenures if tenure.until is None),
                key=lambda tenure: (ORDER.index(tenure.role), tenure.since, tenure.pk),
            ),
            "tenures": tenures[:MOST_TENURES],
            "has_more": len(tenures) > MOST_TENURES,
            "picture": pictures.of_tenures(tenures, at=at),
            "delegates": set(answering.list_delegates(group_id=group.pk)),
        },
    )


@require_safe
@login_required
def download_people(request: HttpRequest, id: str) -> HttpResponse:
    """Send the roles of a group as a table (RFC 4180, UTF-8), times in UTC."""
    group = access.get_group_for_owner(visitor.user_of(request), id)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(HEADINGS)
    for tenure in tenure_queries.list_tenures(group=group).iterator(chunk_size=1000):
        writer.writerow([cells.neutralise(cell) for cell in _row(tenure)])
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="responsibility.csv"'
    return response


def _row(tenure: Tenure) -> list[str]:
    until = tenure.until
    return [
        tenure.account.external_id,
        tenure.account.display_name,
        tenure.get_role_display(),
        tenure.since.astimezone(UTC).isoformat(),
        until.astimezone(UTC).isoformat() if until else "",
        tenure.get_began_display(),
        tenure.get_ended_display() if tenure.ended else "",
    ]


def frame_of(request: HttpRequest, group: Group, role: Tenure | None, tab: str) -> dict[str, Any]:
    """Return what the head of every page of a group shows."""
    user, at = visitor.user_of(request), visitor.now()
    cooling = transfer_queries.get_cooling(group=group, at=at)
    return {
        "section": "groups",
        "tab": tab,
        "group": group,
        "role": role,
        "state_badge": STATES[group.state],
        "is_owner": role is not None and role.role == "OWNER",
        "offer": transfer_queries.get_open_offer(group=group, at=at),
        "cooling": cooling,
        "is_cooling_giver": cooling is not None and cooling.from_account.user_id == user.pk,
        "may_claim": group.claim_due_at is not None and group.claim_due_at > at,
        "open_count": dashboard.count_open_cases(user=user, group_ids=[group.pk]).get(group.pk, 0),
    }
