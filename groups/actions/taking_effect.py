"""The one transaction in which a decision takes effect, whoever made it so."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from groups import impartiality, versions
from groups.actions import decision_notices, effects, timeline
from groups.actions.proposals import AlreadyDecided
from groups.models import Case, CaseEntry, Decision
from groups.queries import audiences
from identity.models import User
from portal.core import outbox
from portal.core.actors import Actor


def take_effect(*, decision: Decision, approver: User | None, by: Actor, at: datetime) -> Decision:
    """Put a decision into effect: what it does, the case, the timeline, notices, the outbox.

    The caller holds the lock of the case and writes the audit entry. Raises AlreadyDecided when
    it is in effect or was returned.
    """
    _mark(decision, approver=approver, at=at)
    case = decision.case
    # Who answers for the group now hears of it, also when the decision ends that.
    audience = audiences.get_audience(case=case, subject=decision.subject_account)
    effects.apply(decision=decision, by=by, at=at)
    settled: dict[str, Any] = {"state": Case.State.DECIDED, "decided_at": at, "due_at": None}
    settled |= {"assignee": None, "leased_until": None}
    # An override finds the case decided.
    versions.change(case, version=case.version, **settled if case.is_open else {})
    timeline.add(
        case=case,
        kind=CaseEntry.Kind.DECIDED,
        is_public=True,
        by_user=by.id,
        cause=decision,
        at=at,
    )
    decision_notices.tell(decision=decision, audience=audience, by=by, at=at)
    outbox.publish(
        platform_id=decision.platform_id,
        type="accord.decision.effective.v1",
        subject=decision.reference,
        data=as_event(decision),
        at=at,
    )
    return decision


def _mark(decision: Decision, *, approver: User | None, at: datetime) -> None:
    waiting = Decision.objects.filter(pk=decision.pk, effective_at=None, returned_at=None)
    try:
        with transaction.atomic():
            marked = waiting.update(
                effective_at=at,
                appealable_until=at + timedelta(days=settings.APPEAL_WINDOW_DAYS),
                approved_by=approver,
                approved_at=at if approver else None,
            )
    except IntegrityError as error:
        raise impartiality.in_words(error) from error
    if not marked:
        raise AlreadyDecided("This decision is in effect already, or was returned.")
    decision.refresh_from_db(
        fields=["effective_at", "appealable_until", "approved_by", "approved_at"]
    )


def as_event(decision: Decision) -> dict[str, Any]:
    """Return what the platform is told: what to do and for how long, no points and no standing."""
    subject, group = decision.subject_account, decision.case.group
    measures = decision.measures.select_related("in_group").order_by("pk")
    return {
        "decision": decision.reference,
        "case": decision.case.reference,
        "group": group.external_id,
        "account": subject.external_id if subject else None,
        "outcome": decision.outcome,
        "rule": decision.rule.code,
        "overrides": decision.overrides.reference if decision.overrides else None,
        "measures": [
            {
                "kind": measure.kind,
                "privilege": measure.privilege,
                "in_group": measure.in_group.external_id if measure.in_group else None,
                "days": measure.days,
            }
            for measure in measures
        ],
        "effective_at": decision.effective_at.isoformat() if decision.effective_at else None,
    }
