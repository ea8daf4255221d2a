"""What follows of a table that a platform brings, in sentences."""

from collections.abc import Mapping, Sequence

from groups.models import Tenure
from groups.models.tenures import Role
from groups.registry.plans import Kind, Plan
from groups.registry.rows import GroupRow, RoleRow
from portal.core.models import Platform

MOST_TOLD = 50
# The owner of each group, by the platform's ids.
Owners = Mapping[str, str]


def get_owners(*, plan: Plan, platform: Platform) -> Owners:
    """Return who answers now for each group that the plan gives roles in."""
    groups = {line.row.group for line in plan.to_take if isinstance(line.row, RoleRow)}
    held = Tenure.objects.current().filter(
        platform=platform, role=Role.OWNER, group__external_id__in=groups
    )
    found = dict.fromkeys(groups, "")
    return found | dict(held.values_list("group__external_id", "account__external_id"))


def tell(plan: Plan, before: Owners, after: Owners) -> Sequence[str]:
    """Say what follows of the plan."""
    new = sum(isinstance(line.row, GroupRow) for line in plan.of(Kind.NEW))
    told = []
    if new:
        what = "1 new group has" if new == 1 else f"{new:,} new groups have"
        told.append(
            f"{what} no owner until you bring roles. A group without an owner can be claimed for "
            "30 days, then it is frozen, and 30 days later closed."
        )
    moved = sorted(group for group in after if after[group] != before.get(group, ""))
    for group in moved[:MOST_TOLD]:
        was, now = before.get(group) or "nobody", after[group] or "nobody"
        told.append(f"{group}: {now} answers for it, so far {was}.")
    if len(moved) > MOST_TOLD:
        told.append(f"{len(moved) - MOST_TOLD:,} more groups get another owner.")
    return told
