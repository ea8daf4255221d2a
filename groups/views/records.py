"""How a group, and the reader themselves, dealt with what was reported; and the reader's roles."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from groups import access, pictures
from groups.models import Transfer
from groups.queries import accountability, dashboard, disputes
from groups.queries import tenures as tenure_queries
from groups.queries.accountability import Record
from groups.views import role_tables, visitor
from groups.views.my_groups import frame_of
from groups.views.people import MOST_TENURES
from portal.core import cells

HEADINGS = ["month", "went to the group first", "answered in time", "deadline missed"]


@require_safe
@login_required
def show_of_group(request: HttpRequest, id: str) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    group = access.get_group_for_owner(user, id)
    record = accountability.get_record_of_group(group=group, at=at, reader=user)
    frame = frame_of(request, group, dashboard.get_role(user=user, group=group), "record")
    return render(request, "groups/record.html", frame | _shown(record))


@require_safe
@login_required
def download_of_group(request: HttpRequest, id: str) -> HttpResponse:
    """Send the months of a group's record as a table (RFC 4180, UTF-8)."""
    user = visitor.user_of(request)
    group = access.get_group_for_owner(user, id)
    record = accountability.get_record_of_group(group=group, at=visitor.now(), reader=user)
    return cells.download("record.csv", [HEADINGS, *_months(record)])


@require_safe
@login_required
def show_of_account(request: HttpRequest, id: str) -> HttpResponse:
    """Show a person what they were responsible for on one platform, and how they dealt with it."""
    at = visitor.now()
    account = access.get_account_of(visitor.user_of(request), id)
    record = accountability.get_record_of_account(account=account, at=at)
    tenures = list(tenure_queries.list_roles(account=account)[: MOST_TENURES + 1])
    contested = disputes.list_disputes(
        tenures=tenures,
        transfers=Transfer.objects.filter(Q(from_account=account) | Q(to_account=account)),
        at=at,
    )
    shown = {
        "trail": [
            ("/", "Home"),
            ("/account/", "About you"),
            ("", f"Responsibility on {account.platform}"),
        ],
        "account": account,
        "tenures": tenures[:MOST_TENURES],
        "has_more": len(tenures) > MOST_TENURES,
        "disputes": contested,
        "picture": pictures.of_tenures(
            tenures, disputes=contested, at=at, name=lambda tenure: tenure.group
        ),
    }
    return render(request, "groups/account_record.html", shown | _shown(record))


@require_safe
@login_required
def download_of_account(request: HttpRequest, id: str) -> HttpResponse:
    """Send the months of the reader's own record as a table (RFC 4180, UTF-8)."""
    account = access.get_account_of(visitor.user_of(request), id)
    record = accountability.get_record_of_account(account=account, at=visitor.now())
    return cells.download("record.csv", [HEADINGS, *_months(record)])


@require_safe
@login_required
def download_roles(request: HttpRequest, id: str) -> HttpResponse:
    """Send all roles of the reader on one platform as a table (RFC 4180, UTF-8)."""
    account = access.get_account_of(visitor.user_of(request), id)
    tenures = tenure_queries.list_roles(account=account)
    rows = (role_tables.row_of_account(tenure) for tenure in tenures.iterator(chunk_size=1000))
    return cells.download("roles.csv", [role_tables.OF_ACCOUNT, *rows])


def _shown(record: Record) -> dict[str, Any]:
    return {"record": record, "bars": pictures.of_months(record.months)}


def _months(record: Record) -> Iterator[list[Any]]:
    for month in record.months:
        yield [f"{month.first:%Y-%m}", month.received, month.in_time, month.missed]
