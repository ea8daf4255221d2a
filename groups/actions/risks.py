"""Groups at risk: one person alone runs them and does nothing there. Found once a day."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from groups.actions import notices
from groups.models import Group, Tenure
from groups.models.notices import NoticeKind
from portal.core import audit
from portal.core.actors import Actor

QUIET_FOR = timedelta(days=30)
ALONE = 0x5249534B  # "RISK"
# In one pass over the log of these days, whatever the number of groups. Whoever answers for a
# group for a shorter time, or acts in it, is not idle.
FIND = """
WITH lonely AS (
    SELECT held.group_id, (array_agg(held.account_id))[1] AS account_id,
        min(lower(held.period)) AS since
    FROM groups_tenure held JOIN groups_group g ON g.id = held.group_id AND g.state = 'ACTIVE'
    WHERE held.ended IS NULL
    GROUP BY held.group_id HAVING count(*) = 1 AND bool_and(held.role = 'OWNER')
), active AS (
    SELECT DISTINCT group_id, actor_id FROM groups_logentry WHERE occurred_at > %(quiet_from)s
), at_risk AS (
    SELECT group_id FROM lonely WHERE since <= %(quiet_from)s AND NOT EXISTS (
        SELECT FROM active WHERE active.group_id = lonely.group_id
            AND active.actor_id = lonely.account_id)
)
UPDATE groups_group g SET at_risk_from = CASE WHEN found.is_at_risk THEN %(at)s END
FROM (
    SELECT g.id, r.group_id IS NOT NULL AS is_at_risk
    FROM groups_group g LEFT JOIN at_risk r ON r.group_id = g.id
    WHERE (g.at_risk_from IS NULL) = (r.group_id IS NOT NULL)
) found
WHERE found.id = g.id
RETURNING g.id, g.at_risk_from IS NOT NULL
"""


@transaction.atomic(savepoint=False)
def note(*, by: Actor, at: datetime) -> tuple[int, int]:
    """Mark the groups that are at risk now, and no others; tell the owners of new ones.

    Return how many became so, and how many are no longer; none while another run is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ALONE])
        if not cursor.fetchone()[0]:
            return 0, 0
        cursor.execute(FIND, {"quiet_from": at - QUIET_FOR, "at": at})
        found = dict(cursor.fetchall())
    groups = Group.objects.in_bulk(list(found))
    audit.record_each(
        action="risks.note",
        changes=[(groups[pk], {}, {"is_at_risk": is_new}) for pk, is_new in found.items()],
        by=by,
        at=at,
    )
    _tell([groups[pk] for pk, is_new in found.items() if is_new], by=by, at=at)
    became = sum(found.values())
    return became, len(found) - became


def _tell(groups: list[Group], *, by: Actor, at: datetime) -> None:
    held = Tenure.objects.current().filter(group__in=groups, account__user__is_active=True)
    for tenure in held.select_related("group", "account__user", "account__platform"):
        link = settings.PUBLIC_URL + reverse("groups:people", args=[tenure.group_id])
        notices.write_if_worded(
            kind=NoticeKind.AT_RISK,
            recipient=tenure.account,
            group=tenure.group,
            slots={"link": link},
            by=by,
            at=at,
        )
