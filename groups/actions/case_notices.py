"""Who is told how a case goes. Nobody learns who reported."""

from datetime import datetime

from groups.actions import notices
from groups.models import Case, Flag
from groups.models.notices import NoticeKind
from groups.queries import answering
from portal.core import outbox
from portal.core.actors import Actor


def tell_opened(*, case: Case, by: Actor, at: datetime) -> None:
    """Ask the group for an answer when the case is with the owner, and tell the platform."""
    if case.state == Case.State.WITH_OWNER:
        for account in answering.list_answering(group=case.group, subject=case.subject):
            notices.write(
                kind=NoticeKind.CASE_OPENED,
                recipient=account,
                slots={},
                platform=case.platform,
                case=case,
                by=by,
                at=at,
            )
    _publish("accord.case.opened.v1", case, at=at)


def tell_escalated(*, case: Case, left: str, missed_at: datetime, by: Actor, at: datetime) -> None:
    """Tell those who could have answered; what moves among staff concerns nobody else."""
    if left == Case.State.WITH_OWNER:
        told = list(answering.list_answering(group=case.group, subject=case.subject))
        owner = case.owner_at_opening
        if owner is not None and owner not in told:
            told.append(owner)
        for account in told:
            notices.write(
                kind=NoticeKind.CASE_ESCALATED,
                recipient=account,
                slots={"missed_deadline": missed_at},
                platform=case.platform,
                case=case,
                by=by,
                at=at,
            )
    _publish("accord.case.escalated.v1", case, at=at)


def tell_reporter(*, flag: Flag, case: Case, by: Actor, at: datetime) -> None:
    """Confirm to the reporter that the report arrived (Regulation (EU) 2022/2065, Art. 16(4))."""
    if flag.reporter is not None:
        notices.write(
            kind=NoticeKind.REPORT_RECEIVED,
            recipient=flag.reporter,
            slots={},
            platform=case.platform,
            case=case,
            by=by,
            at=at,
        )


def _publish(type: str, case: Case, *, at: datetime) -> None:
    data = {
        "case": case.reference,
        "group": case.group.external_id,
        "subject": case.subject.external_id if case.subject else None,
        "rule": case.rule.code,
        "severity": case.severity,
        "state": case.state,
        "due_at": case.due_at.isoformat() if case.due_at else None,
    }
    outbox.publish(
        platform_id=case.platform_id, type=type, subject=case.reference, data=data, at=at
    )
