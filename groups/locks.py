"""Row locks of this app, in one order, so that nobody waits for somebody who waits for them.

Between models the order is: cases, decisions, appeals, accounts (`credit.locks`), groups. Rows that
refer to a locked one can still be added.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from groups.models import Appeal, Case, Decision, Group
from portal.core import rows


def lock_cases(ids: Iterable[UUID]) -> list[Case]:
    cases = Case.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(cases.select_for_update(no_key=True))


def lock_case_unless_busy(id: UUID) -> Case | None:
    """Lock one case, or return null when another transaction is changing it right now."""
    found = Case.objects.filter(pk=id).order_by("pk")
    return found.select_for_update(no_key=True, skip_locked=True).first()


def lock_decisions(ids: Iterable[UUID]) -> list[Decision]:
    decisions = Decision.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(decisions.select_for_update(no_key=True))


def lock_appeals(ids: Iterable[UUID]) -> list[Appeal]:
    appeals = Appeal.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(appeals.select_for_update(no_key=True))


def lock_groups(ids: Iterable[UUID]) -> list[Group]:
    """Lock groups against other changes of them."""
    groups = Group.objects.filter(pk__in=set(ids)).order_by("pk")
    return list(groups.select_for_update(no_key=True))


def lock_group_unless_busy(id: UUID) -> Group | None:
    """Lock one group, or return null when another transaction is changing it right now."""
    found = Group.objects.filter(pk=id).order_by("pk")
    return found.select_for_update(no_key=True, skip_locked=True).first()


HOLD = """
SELECT count(*) FROM (SELECT FROM groups_group WHERE id = ANY(%s::uuid[])
    ORDER BY id FOR NO KEY UPDATE) AS held
"""


def hold_groups(ids: Iterable[UUID]) -> None:
    """Lock groups against other changes of them, without reading them."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [rows.as_array(set(ids))])
