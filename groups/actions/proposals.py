"""A decision as a row, before it takes effect: what decide and a reversal on appeal share."""

from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction

from credit import locks as credit_locks
from groups import impartiality, statements
from groups.actions import timeline
from groups.measures import Proposal
from groups.models import Case, CaseEntry, Decision, Measure
from groups.queries import decisions as decision_queries
from groups.queries.decisions import DecisionPreview
from identity.models import User
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid


class FactsAndReasons(Invalid):
    """A decision states the facts it rests on and the reasons for it."""

    code = "facts-and-reasons-missing"
    title = "Facts and reasons are missing"


class AlreadyDecided(Conflict):
    """Somebody has decided this before, or their decision waits for a second person."""

    code = "already-decided"
    title = "This is decided already"


LONGEST = {"facts": 5000, "reasons": 2000, "legal_ground": 500}
_TAKEN = ("a_case_has_one_first_decision", "overrides_id")


def write(*, case: Case, proposal: Proposal, decided_by: User, at: datetime) -> Decision:
    """Store a decision with its measures and the effect foreseen. It is not in effect yet.

    The caller holds the lock of the case, puts the decision into effect or holds it, and audits.
    Raises FactsAndReasons, UnusableMeasure, AlreadyDecided.
    """
    _require_words(proposal)
    subject = decision_queries.get_subject(
        case=case, about_owner=proposal.about_owner, overrides=proposal.overrides
    )
    if subject is not None:
        # Of two decisions about one person at once, the second foresees what the first did.
        credit_locks.accounts([subject.pk])
    foreseen = decision_queries.preview(
        case=case,
        outcome=proposal.outcome,
        measures=proposal.measures,
        about_owner=proposal.about_owner,
        overrides=proposal.overrides,
        charge=proposal.charge,
        at=at,
    )
    decision = _store(case, proposal, foreseen, decided_by=decided_by, at=at)
    Measure.objects.bulk_create(
        Measure(
            decision=decision,
            kind=measure.kind,
            privilege=measure.privilege,
            in_group=measure.in_group,
            days=measure.days,
        )
        for measure in proposal.measures
    )
    return decision


def _store(
    case: Case, proposal: Proposal, foreseen: DecisionPreview, *, decided_by: User, at: datetime
) -> Decision:
    statement = statements.gather(case=case)
    try:
        with transaction.atomic():
            return Decision.objects.create(
                platform_id=case.platform_id,
                case=case,
                subject_account=foreseen.subject,
                subject_group=None if foreseen.subject else case.group,
                outcome=proposal.outcome,
                rule=case.rule,
                ground=proposal.ground,
                legal_ground=proposal.legal_ground.strip(),
                facts=proposal.facts.strip(),
                reasons=proposal.reasons.strip(),
                points=foreseen.points,
                policy=foreseen.policy,
                foreseen=foreseen.as_stored(),
                decided_by=decided_by,
                decided_at=at,
                needs_approval=foreseen.needs_approval,
                overrides=proposal.overrides,
                **asdict(statement),
            )
    except IntegrityError as error:
        if any(name in str(error) for name in _TAKEN):
            raise AlreadyDecided(
                "Somebody has decided this before, or their decision waits for a second person."
            ) from error
        raise impartiality.in_words(error) from error


def announce_held(*, decision: Decision, by: Actor, at: datetime) -> None:
    """Say in the timeline, to staff only, that a decision waits for a second person."""
    timeline.add(
        case=decision.case,
        kind=CaseEntry.Kind.PROPOSED,
        is_public=False,
        by_user=by.id,
        cause=decision,
        at=at,
    )


def _require_words(proposal: Proposal) -> None:
    for name, longest in LONGEST.items():
        text = getattr(proposal, name).strip()
        if len(text) > longest:
            raise FactsAndReasons(f"The {name.replace('_', ' ')} can have {longest} characters.")
        if not text and name != "legal_ground":
            raise FactsAndReasons(f"State the {name} of the decision: the person will read them.")
    if proposal.ground == Decision.Ground.ILLEGAL_CONTENT and not proposal.legal_ground.strip():
        raise FactsAndReasons("Name the law that makes this illegal, and its article.")
