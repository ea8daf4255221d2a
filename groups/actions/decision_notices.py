"""Who is told that a decision took effect. Nobody learns who reported."""

from datetime import datetime

from groups.actions import notices
from groups.models import Decision
from groups.models.notices import NoticeKind
from groups.queries.audiences import Audience
from portal.core.actors import Actor


def tell(*, decision: Decision, audience: Audience, by: Actor, at: datetime) -> None:
    """Write a notice to the person it is about, to the owners and to each reporter.

    Whoever appealed is told with the outcome of the appeal instead, unless measures stay.
    """
    if decision.overrides is not None:
        audience = audience.on_appeal(
            appellant=decision.from_appeal.appellant,
            leaves_measures=decision.outcome == Decision.Outcome.MEASURES,
        )
    told = [(account, NoticeKind.DECISION) for account in audience.affected]
    told += [(account, NoticeKind.REPORT_DECIDED) for account in audience.reporters]
    for account, kind in told:
        notices.write(
            kind=kind,
            recipient=account,
            slots={},
            platform=decision.platform,
            group=decision.case.group,
            case=decision.case,
            decision=decision,
            by=by,
            at=at,
        )
