"""Where somebody stands on one platform, in a group or without one. Nothing of it is secret."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from credit import queries as credit_queries
from groups import access
from groups.queries import dashboard, standing_page
from groups.views import levels, my_groups, visitor
from identity.models import Account
from portal.core.errors import NotFound


@require_safe
@login_required
def show_in_group(request: HttpRequest, id: str) -> HttpResponse:
    """Show where the reader stands on the platform of the group, and what they may do in it."""
    user = visitor.user_of(request)
    group = access.get_group_for_owner(user, id)
    role = dashboard.get_role(user=user, group=group)
    if role is None:
        raise NotFound(access.MISSING)
    frame = my_groups.frame_of(request, group, role, "standing")
    shown = _shown(request, role.account, group_id=group.pk)
    return render(request, "groups/standing.html", frame | shown)


@require_safe
@login_required
def show_of_account(request: HttpRequest, id: str) -> HttpResponse:
    """Show the standing of an account without a group: also of somebody who lost theirs."""
    account = access.get_account_of(visitor.user_of(request), id)
    trail = [("/", "Home"), ("", f"Standing on {account.platform}")]
    shown = _shown(request, account)
    return render(request, "groups/account_standing.html", {"trail": trail} | shown)


def _shown(request: HttpRequest, account: Account, group_id: UUID | None = None) -> dict[str, Any]:
    """Return what the page shows: the account alone while its platform has no policy."""
    try:
        page = standing_page.get_page(
            user=visitor.user_of(request), account=account, at=visitor.now(), group_id=group_id
        )
    except credit_queries.NoPolicy:
        return {"account": account}
    return {
        "account": account,
        "standing": page,
        "levels": levels.levels_of(page.ladder),
        "sentence": levels.sentence(page.ladder, taken=page.taken),
        "months": [(f"{month.month:%b %Y}", month.points_lost) for month in page.months],
        "has_missed_points": any(month.points_lost for month in page.months),
    }
