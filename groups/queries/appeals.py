"""Who may appeal against a decision, and which appeals wait."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from groups.models import Appeal, Decision, Flag, Measure, Tenure
from groups.models.tenures import Role
from identity.models import Account

ON_THE_GROUP = [Measure.Kind.FREEZE_GROUP, Measure.Kind.CLOSE_GROUP]


@dataclass(frozen=True, slots=True)
class AppealRight:
    """Whether somebody may appeal. `obstacle` is the sentence that says why not.

    `flag` is set for a reporter. Being suspended, or out of the group by now, takes nothing away.
    """

    flag: Flag | None = None
    until: datetime | None = None
    obstacle: str = ""
    replaced_by: Decision | None = None

    @property
    def exists(self) -> bool:
        return not self.obstacle


def get_right(*, decision: Decision, appellant: Account, at: datetime) -> AppealRight:
    """Tell whether `appellant` may appeal against the decision at `at`."""
    flag = None
    if not is_affected(decision=decision, account=appellant):
        own = decision.case.flags.filter(reporter=appellant)
        if (flag := own.order_by("received_at", "pk").first()) is None:
            return AppealRight(
                obstacle="This decision is neither about you nor about a report of yours."
            )
    (right,) = _rights([decision], appellant, flag, at)
    return right


def list_own_rights(
    *, decisions: Sequence[Decision], subject: Account, at: datetime
) -> list[AppealRight]:
    """Tell of each decision about `subject` what get_right() tells, at the cost of one."""
    return _rights(decisions, subject, None, at)


def _rights(
    decisions: Sequence[Decision], appellant: Account, flag: Flag | None, at: datetime
) -> list[AppealRight]:
    later = Decision.objects.filter(overrides__in=decisions, effective_at__isnull=False)
    by_replaced = {one.overrides_id: one for one in later}
    appeals: dict[UUID, set[str]] = defaultdict(set)
    own = Appeal.objects.filter(decision__in=decisions, appellant=appellant)
    for decision_id, state in own.values_list("decision_id", "state"):
        appeals[decision_id].add(state)
    return [
        AppealRight(
            flag=flag,
            until=decision.appealable_until,
            obstacle=_obstacle(decision, by_replaced.get(decision.pk), appeals[decision.pk], at),
            replaced_by=by_replaced.get(decision.pk),
        )
        for decision in decisions
    ]


def _obstacle(
    decision: Decision, later: Decision | None, own_appeals: set[str], at: datetime
) -> str:
    """Say why not, from what replaced the decision and the states of the appellant's appeals."""
    if decision.effective_at is None or decision.appealable_until is None:
        return "This decision is not in effect. There is nothing to appeal against yet."
    if later is not None:
        return f"This decision was replaced by {later.reference}. Appeal against that one."
    if at > decision.appealable_until:
        ended = timezone.localtime(decision.appealable_until)
        return f"The time to appeal ended on {date_format(ended, 'j F Y, H:i T')}."
    if not own_appeals.isdisjoint(Appeal.OPEN_STATES):
        return "Your appeal against this decision is being looked at already."
    # One that was withdrawn or not decided may be made again; a decided one is final.
    if own_appeals - {Appeal.State.OMITTED}:
        return "Your appeal against this decision was decided. The decision stands."
    return ""


def is_affected(*, decision: Decision, account: Account) -> bool:
    """Say whether the decision is about this person, or about the group they answer for."""
    if decision.subject_account_id == account.pk:
        return True
    about_group = decision.subject_group_id is not None
    if not about_group and not decision.measures.filter(kind__in=ON_THE_GROUP).exists():
        return False
    if about_group and decision.case.owner_at_opening_id == account.pk:
        return True
    owned = Tenure.objects.filter(
        group=decision.case.group_id, account=account, role__in=[Role.OWNER, Role.CO_OWNER]
    )
    then = Q(period__contains=decision.effective_at or decision.decided_at)
    return owned.filter(then | Q(period__upper_inf=True)).exists()


def list_overdue(*, at: datetime) -> QuerySet[Appeal]:
    """Return open appeals past their deadline that were not yet recorded as late."""
    late = Appeal.objects.filter(
        state__in=Appeal.OPEN_STATES, due_at__lte=at, breached_at__isnull=True
    )
    return late.order_by("due_at", "pk")
