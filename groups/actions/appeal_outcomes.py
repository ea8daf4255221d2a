"""What becomes of appeals when the decision they are about is replaced, or is not after all."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from groups.actions import notices, proposals, taking_effect, timeline
from groups.measures import Proposal
from groups.models import Appeal, CaseEntry, Decision
from groups.models.notices import NoticeKind
from identity.models import User
from portal.core import audit, outbox
from portal.core.actors import Actor

State = Appeal.State


def override(
    *, appeal: Appeal, outcome: str, proposal: Proposal, reviewer: User, by: Actor, at: datetime
) -> None:
    """Store the decision that overrides; put it into effect, or hold it for a second person.

    The caller holds the locks of the case, the decision and the appeal, and audits.
    """
    case = appeal.decision.case
    decision = proposals.write(case=case, proposal=proposal, decided_by=reviewer, at=at)
    Appeal.objects.filter(pk=appeal.pk).update(
        resulting_decision=decision, proposed_outcome=outcome, version=F("version") + 1
    )
    if decision.needs_approval:
        proposals.announce_held(decision=decision, by=by, at=at)
    else:
        taking_effect.take_effect(decision=decision, approver=None, by=by, at=at)
        conclude(override=decision, by=by, at=at)
    appeal.refresh_from_db()


def conclude(*, override: Decision, by: Actor, at: datetime) -> None:
    """End the appeal that led to a decision now in effect, and those it leaves without object.

    The caller holds the lock of the case.
    """
    appeal = override.from_appeal
    finish(
        appeal=appeal,
        state=appeal.proposed_outcome or State.REVERSED,
        reasons=override.reasons,
        by=by,
        at=at,
    )
    others = Appeal.objects.filter(decision=appeal.decision_id, state__in=Appeal.OPEN_STATES)
    with translation.override(override.platform.language):
        reasons = gettext(
            "%(old)s was replaced by %(new)s on another appeal. You can appeal against %(new)s."
        ) % {"old": appeal.decision.reference, "new": override.reference}
    for other in others.order_by("pk"):
        finish(appeal=other, state=State.OMITTED, reasons=reasons, by=by, at=at)


def reopen(*, override: Decision) -> None:
    """Let the appeal be decided anew, because the second person returned what was proposed.

    The caller holds the lock of the case and audits.
    """
    Appeal.objects.filter(pk=override.from_appeal.pk).update(
        resulting_decision=None, proposed_outcome=None, version=F("version") + 1
    )


def tell_received(*, appeal: Appeal, by: Actor, at: datetime) -> None:
    """Confirm a new appeal to the appellant and tell the platform of it."""
    _notify(appeal, NoticeKind.APPEAL_RECEIVED, by=by, at=at)
    outbox.publish(
        platform_id=appeal.platform_id,
        type="accord.appeal.submitted.v1",
        subject=appeal.reference,
        data=as_event(appeal),
        at=at,
    )


def finish(*, appeal: Appeal, state: str, reasons: str, by: Actor, at: datetime) -> None:
    """Write the outcome of an open, locked appeal; tell the appellant, the timeline, the outbox."""
    old = appeal.state
    Appeal.objects.filter(pk=appeal.pk, state__in=Appeal.OPEN_STATES).update(
        state=state,
        reviewed_at=at,
        outcome_reasons=reasons,
        proposed_outcome=None,
        version=F("version") + 1,
    )
    appeal.refresh_from_db()
    case = appeal.decision.case
    timeline.add(
        case=case,
        kind=CaseEntry.Kind.APPEAL_DECIDED,
        is_public=appeal.flag_id is None,
        by_user=by.id if appeal.reviewer_id else None,
        cause=appeal,
        at=at,
    )
    _notify(appeal, NoticeKind.APPEAL_DECIDED, by=by, at=at)
    data = as_event(appeal)
    outbox.publish(
        platform_id=appeal.platform_id,
        type="accord.appeal.decided.v1",
        subject=appeal.reference,
        data=data,
        at=at,
    )
    audit.record(action="appeals.finish", record=appeal, by=by, at=at, old={"state": old}, new=data)


def as_event(appeal: Appeal) -> dict[str, Any]:
    """Return what the platform is told of an appeal: no words, and not whether a reporter's."""
    result = appeal.resulting_decision
    return {
        "appeal": appeal.reference,
        "decision": appeal.decision.reference,
        "state": appeal.state,
        "resulting_decision": result.reference if result else None,
    }


def _notify(appeal: Appeal, kind: NoticeKind, *, by: Actor, at: datetime) -> None:
    case = appeal.decision.case
    notices.write(
        kind=kind,
        recipient=appeal.appellant,
        slots={},
        platform=appeal.platform,
        group=case.group,
        case=case,
        decision=appeal.decision,
        appeal=appeal,
        by=by,
        at=at,
    )
