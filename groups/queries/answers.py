"""Which cases a group was asked about, and which of its deadlines it missed."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from groups.models import Case, CaseEntry, Decision
from identity.models import Account

_ENTRIES = CaseEntry.objects.filter(case=OuterRef("pk"))

# The public line at the opening tells the cases that went to the group first from those that
# went to staff.
ASKED = Exists(_ENTRIES.filter(kind=CaseEntry.Kind.OPENED, is_public=True))
# It left the group by its deadline.
LEFT = Exists(_ENTRIES.filter(kind=CaseEntry.Kind.ESCALATED, left_state=Case.State.WITH_OWNER))


def missed(*, at: datetime) -> Q:
    """Keep the cases whose deadline the group missed by `at`, of those that it was asked about.

    The first deadline of such a case is the group's. It was missed when the case escalated from
    there, was answered after it, or still waits there although it has passed.
    """
    unanswered = Q(LEFT, breached_at__lte=at)
    late = Q(breached_at__lte=at, answered_at__gte=F("breached_at"))
    waits = Q(state=Case.State.WITH_OWNER, due_at__lte=at)
    return unanswered | late | waits


def get_handler(*, decision: Decision) -> Account | None:
    """Return who answered in time for the group, if the decision is that the group handled it."""
    case = decision.case
    if decision.outcome != Decision.Outcome.OWNER_HANDLED or case.answered_at is None:
        return None
    if case.breached_at is not None and case.breached_at <= case.answered_at:
        return None
    given = case.timeline.filter(kind=CaseEntry.Kind.ANSWERED).select_related("by_account")
    first = given.order_by("at", "pk").first()
    account = first.by_account if first else None
    return account if account is not None and account.erased_at is None else None
