"""A sanction is lifted early by somebody who did not impose it, and the person is told why."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from credit.actions import sanctions
from credit.models import Sanction
from groups import impartiality, notice_phrases
from groups.actions import notices, timeline
from groups.models import CaseEntry, Decision, Group
from groups.models.notices import NoticeKind
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.errors import Invalid

LONGEST_REASON = 500


class LiftWithoutReason(Invalid):
    """Whoever lifts a sanction early says why; the person reads it."""

    code = "lift-reason-missing"
    title = "Say why it is lifted"


@transaction.atomic(savepoint=False)
def lift(*, sanction: Sanction, reason: str, by: Actor, at: datetime) -> Sanction:
    """Give a privilege back early. Points and ended roles stay as the decision left them.

    Raises LiftWithoutReason, NotInForce, LiftedByAPerson for the one who imposed it,
    ConflictOfInterest, StaffOnly.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise LiftWithoutReason(f"Say why, in at most {LONGEST_REASON} characters.")
    found = Decision.objects.select_related("case__platform", "case__group")
    decision = found.get(pk=sanction.decision_id)
    user = impartiality.require(by=by, permission=Permission.APPROVE_DECISIONS, case=decision.case)
    lifted = sanctions.lift(sanction=sanction, how=Sanction.Lift.EARLY, reason=reason, by=by, at=at)
    timeline.add(
        case=decision.case,
        kind=CaseEntry.Kind.LIFTED,
        is_public=False,
        by_user=user,
        body=f"{lifted}. {reason}",
        cause=decision,
        at=at,
    )
    _tell(lifted, decision, by=by, at=at)
    return lifted


def _tell(sanction: Sanction, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Tell the person; a platform without words for it lifts all the same."""
    account = sanction.account
    scope = sanction.scope_group_id
    group = Group.objects.get(pk=scope) if scope else None
    notices.write_if_worded(
        kind=NoticeKind.SANCTION_LIFTED,
        recipient=account,
        group=group,
        slots={
            "outcome": notice_phrases.say_lifted(
                sanction,
                group=str(group) if group else "",
                language=notice_phrases.language_of(account),
            ),
            "decision": decision.reference,
            "reason": sanction.lift_reason,
            "link": settings.PUBLIC_URL + reverse("groups:account_standing", args=[account.pk]),
        },
        by=by,
        at=at,
    )
