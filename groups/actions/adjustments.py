"""Points that two people give back, and the person is told."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from credit.actions import adjustments as credit_adjustments
from credit.models import Adjustment
from groups import notice_phrases, wording
from groups.actions import notices
from groups.models.notices import NoticeKind
from portal.core.actors import Actor


@transaction.atomic(savepoint=False)
def approve(*, adjustment: Adjustment, by: Actor, at: datetime) -> Adjustment:
    """Give the points back as the second person and tell the account's person why.

    Raises what `credit.actions.adjustments.approve` raises.
    """
    approved = credit_adjustments.approve(adjustment=adjustment, by=by, at=at)
    account = approved.account
    language = notice_phrases.language_of(account)
    until = wording.read(
        approved.expires_at,
        language=language,
        timezone=account.user.timezone if account.user else "UTC",
    )
    notices.write_if_worded(
        kind=NoticeKind.ADJUSTMENT,
        recipient=account,
        slots={
            "outcome": notice_phrases.say_given_back(
                points=approved.points, until=until, language=language
            ),
            "reason": approved.reason,
            "link": settings.PUBLIC_URL + reverse("groups:account_standing", args=[account.pk]),
        },
        by=by,
        at=at,
    )
    return approved
