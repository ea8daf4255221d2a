"""Home: what needs an answer over all groups, what is new, and where one stands."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from credit import ladder
from credit import queries as credit_queries
from credit.ladder import Ladder
from credit.models import Privilege
from groups.queries import answering, cases, claims, dashboard, duties, notices, transfers
from groups.views import levels, visitor
from identity.models import Account

LATEST = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where the person stands on one platform; no ladder where it has no policy yet."""

    account: Account
    ladder: Ladder | None
    is_restricted: bool = False

    @property
    def badge(self) -> str:
        return levels.badge_of(self.ladder) if self.ladder else "neutral"


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    waiting = answering.only_theirs(cases.list_to_answer(user=user), user=user)
    to_answer, has_more = visitor.page_of(waiting)
    unread, has_more_notices = visitor.page_of(notices.list_unread(user=user), size=LATEST)
    accounts = dashboard.list_accounts(user=user)
    return render(
        request,
        "groups/home.html",
        {
            "to_answer": to_answer,
            "has_more": has_more,
            "unread": unread,
            "has_more_notices": has_more_notices,
            "places": [_place(account, at) for account in accounts],
            "offers": list(transfers.list_offers_to(user=user, at=at)[:LATEST]),
            "to_take_back": list(transfers.list_to_take_back(user=user, at=at)[:LATEST]),
            "claimable": list(claims.list_known_claimable(user=user, at=at)[:LATEST]),
            "has_duties": duties.list_unacknowledged_of(user=user).exists(),
            "at_risk": list(dashboard.list_at_risk(user=user)[:LATEST]),
            "appeals": dashboard.list_open_appeals(user=user),
            "has_groups": dashboard.list_groups(user=user).exists(),
        },
    )


def _place(account: Account, at: datetime) -> Place:
    try:
        standing = credit_queries.get_standing(account=account, at=at)
    except credit_queries.NoPolicy:
        return Place(account, None)
    privileges = standing.privileges()
    return Place(
        account, ladder.build(standing), any(not privileges.of(each).allowed for each in Privilege)
    )
