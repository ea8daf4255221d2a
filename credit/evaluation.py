"""May this account do that? The answer partners get: yes or no with reasons, never a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import queries
from credit.models import Privilege, Sanction
from credit.policy import LEVELS, Document, Limits
from credit.privileges import Answer, Privileges, Reason
from credit.record import Record
from identity.models import Account, PersonTag, Verification
from identity.models.verifications import Level

# A decision can change an answer at any moment, so nobody keeps one for longer.
LONGEST_LIFETIME = timedelta(seconds=60)


class Action(StrEnum):
    CREATE_GROUP = "create_group"
    OWN_GROUP = "own_group"
    MANAGE_GROUP = "manage_group"


# Whoever may not own may not create.
RESTS_ON = {
    Action.CREATE_GROUP: (Privilege.CREATE_GROUP, Privilege.OWN_GROUP),
    Action.OWN_GROUP: (Privilege.OWN_GROUP,),
    Action.MANAGE_GROUP: (Privilege.MANAGE_GROUP,),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer, which holds for `valid_for` seconds."""

    reasons: tuple[Reason, ...]
    policy_version: int
    valid_for: int

    @property
    def decision(self) -> bool:
        return not self.reasons

    @property
    def until(self) -> datetime | None:
        """When a no becomes a yes by itself."""
        return Answer(self.reasons).until

    @property
    def decision_ids(self) -> tuple[UUID, ...]:
        """The decisions to quote in an appeal, the most telling first."""
        return tuple(dict.fromkeys(i for r in self.reasons for i in r.decision_ids))


def evaluate(
    *,
    account: Account | None,
    action: Action,
    group_id: UUID | None,
    group_size: int | None,
    at: datetime,
    platform_id: UUID,
    groups_owned: int = 0,
    owns_it_already: bool = False,
    refusals: Sequence[Reason] = (),
    known: Privileges | None = None,
) -> Evaluation:
    """Answer for an account, or for one Accord does not know, which has the starting standing.

    `known` is what it may do where that is at hand, and no sanction restricts it or the person.
    `refusals` are reasons that lie in the group itself. Limits and the level of verification
    concern groups that are taken on, not one that the account owns already.
    """
    if known is not None:
        found = known
    elif account is None:
        newcomer = Record(policy=queries.get_policy(platform_id=platform_id, at=at))
        found = newcomer.privileges(at, group_id=group_id)
    else:
        found = queries.get_privileges(account=account, at=at, group_id=group_id)
    reasons = found.of(Privilege(action.upper())).reasons
    if not reasons and action is not Action.MANAGE_GROUP and not owns_it_already:
        reasons = tuple(_beyond(found.limits, groups_owned, group_size))
        if action is Action.OWN_GROUP and group_size is not None:
            reasons += tuple(_unverified(account, group_size, found.policy, at=at))
    if not reasons and account is not None and known is None:
        reasons = tuple(_elsewhere(account, action, group_id, at))
    return Evaluation((*refusals, *reasons), found.policy_version, _lifetime(found, at))


def _is_barred_elsewhere(
    account: Account, action: Action, group_id: UUID | None, at: datetime
) -> bool:
    """Say whether the same person is under a restriction with another account of the platform."""
    digests = PersonTag.objects.filter(account=account).values("digest")
    same = PersonTag.objects.filter(account__platform=account.platform_id, digest__in=digests)
    barred = Sanction.objects.in_force_at(at).filter(
        Q(scope_group_id=None) | Q(scope_group_id=group_id), privilege__in=RESTS_ON[action]
    )
    return barred.filter(account__in=same.values("account")).exclude(account=account).exists()


def _elsewhere(
    account: Account, action: Action, group_id: UUID | None, at: datetime
) -> list[Reason]:
    """Say no more than that: not which account, not what for, not until when."""
    if not _is_barred_elsewhere(account, action, group_id, at):
        return []
    sentence = _(
        "A restriction applies to this person on this service. It is explained, and can be"
        " appealed, under the account it was decided about."
    )
    return [Reason("restriction-applies", sentence)]


def _beyond(limits: Limits, groups_owned: int, size: int | None) -> list[Reason]:
    found = []
    if limits.groups_owned is not None and groups_owned >= limits.groups_owned:
        sentence = ngettext(
            "This account may answer for %(most)d group, and answers for %(now)d.",
            "This account may answer for %(most)d groups, and answers for %(now)d.",
            limits.groups_owned,
        ) % {"most": limits.groups_owned, "now": groups_owned}
        found.append(Reason("group-limit", sentence))
    if limits.group_size is not None and size is not None and size > limits.group_size:
        sentence = _("This account may take on groups of up to %(most)d members.")
        found.append(Reason("group-size", sentence % {"most": limits.group_size}))
    return found


def _unverified(
    account: Account | None, size: int, policy: Document, *, at: datetime
) -> list[Reason]:
    """Say what attestation a group of this size asks for that the account does not have now."""
    asked = policy.level_for(size)
    if asked is None:
        return []
    enough = LEVELS[LEVELS.index(asked.level) :]
    held = Verification.objects.filter(account=account, level__in=enough).counts_at(at)
    if account is not None and held.exists():
        return []
    sentence = _(
        "Whoever takes on a group of more than %(above)d members needs a verified identity of the"
        " level “%(level)s” or higher, and this account has none now. It can be verified on the"
        " service."
    )
    level = Level(asked.level).label
    return [Reason("verification-level", sentence % {"above": asked.above, "level": level})]


def _lifetime(found: Privileges, at: datetime) -> int:
    lifetime = LONGEST_LIFETIME
    if found.next_change_at is not None:
        lifetime = min(lifetime, found.next_change_at - at)
    return max(0, int(lifetime.total_seconds()))
