"""What an account may do, why not, and until when: pure functions of a tier and of sanctions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from credit import policy as policies
from credit.fold import Step
from credit.models import Policy, Privilege, Sanction
from credit.policy import Document, Limits, Tier


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not allowed. The code is stable; the sentence is for people.

    `until` is when this reason ends by itself; None when it does not, or nobody can know.
    """

    code: str
    sentence: str
    until: datetime | None = None
    # The decisions that led to it: what to quote in an appeal.
    decision_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One privilege. It is allowed when there is no reason against it."""

    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.reasons

    @property
    def until(self) -> datetime | None:
        """When the answer becomes yes by itself; None if it is yes or that is not known."""
        ends = [reason.until for reason in self.reasons if reason.until]
        return max(ends) if ends and len(ends) == len(self.reasons) else None


@dataclass(frozen=True, slots=True)
class Privileges:
    """What an account may do at one instant, on the platform or in one group."""

    create: Answer
    own: Answer
    manage: Answer
    limits: Limits
    policy: Document
    policy_version: int
    next_change_at: datetime | None

    def of(self, privilege: str) -> Answer:
        answers = {
            Privilege.CREATE_GROUP.value: self.create,
            Privilege.OWN_GROUP.value: self.own,
            Privilege.MANAGE_GROUP.value: self.manage,
        }
        return answers[privilege]

    def lost_since(self, before: "Privileges") -> list[Privilege]:
        """List what was allowed `before` and is not now."""
        return [
            privilege
            for privilege in Privilege
            if before.of(privilege).allowed and not self.of(privilege).allowed
        ]


def assess(
    *,
    tier: Tier,
    steps: Sequence[Step],
    decision_ids: tuple[UUID, ...],
    sanctions: Iterable[Sanction],
    group_id: UUID | None,
    policy: Document,
    policy_version: int,
    next_change_at: datetime | None,
) -> Privileges:
    """Derive the answers from the tier, its coming `steps` and the sanctions in force.

    Whoever creates a group answers for it, so creating needs the privilege to own as well.
    """
    reasons: dict[str, list[Reason]] = {privilege.value: [] for privilege in Privilege}
    for sanction in sanctions:
        if sanction.scope_group_id in (None, group_id):
            reasons[sanction.privilege].append(_by_sanction(sanction))
    for privilege in Privilege:
        if privilege.value not in tier.privileges:
            reasons[privilege.value].append(_by_tier(privilege, steps, decision_ids))
    own = reasons[Privilege.OWN_GROUP.value]
    create = reasons[Privilege.CREATE_GROUP.value] + own
    return Privileges(
        create=Answer(tuple(create)),
        own=Answer(tuple(own)),
        manage=Answer(tuple(reasons[Privilege.MANAGE_GROUP.value])),
        limits=tier.limits,
        policy=policy,
        policy_version=policy_version,
        next_change_at=next_change_at,
    )


def unrestricted(
    version: Policy, *, tier: str | None, next_change_at: datetime | None
) -> Privileges | None:
    """Answer for an account without a sanction, from its stored tier; new ones have none.

    None where the tier withholds something, or is none of the policy's: the ledger knows why, and
    until when.
    """
    document = policies.of(version)
    names = {each.name: each for each in document.tiers}
    found = names.get(tier) if tier else document.tier_at(document.starting_score)
    if found is None or len(found.privileges) < len(Privilege):
        return None
    return assess(
        tier=found,
        steps=(),
        decision_ids=(),
        sanctions=(),
        group_id=None,
        policy=document,
        policy_version=version.version,
        next_change_at=next_change_at,
    )


def day(moment: datetime) -> str:
    """Write a date out in the reader's language and time zone."""
    return formats.date_format(timezone.localtime(moment), "j F Y")


def _by_sanction(sanction: Sanction) -> Reason:
    what = _named(sanction.privilege, in_group=sanction.scope_group_id is not None)
    if sanction.ends_at is not None:
        code, sentence = "suspended", _("%(what)s is suspended until %(day)s.")
        sentence %= {"what": what, "day": day(sanction.ends_at)}
    else:
        code = "revoked"
        sentence = _("%(what)s is revoked until a person lifts it.") % {"what": what}
    if sanction.scope_group_id is not None:
        code += "-in-group"
    return Reason(code, sentence, sanction.ends_at, (sanction.decision_id,))


def _by_tier(privilege: Privilege, steps: Sequence[Step], decision_ids: tuple[UUID, ...]) -> Reason:
    until = next((step.at for step in steps if _brings(step.tier, privilege)), None)
    what = {"what": _named(privilege, in_group=False)}
    if until is None:
        sentence = _("%(what)s is not open at the present standing.") % what
    else:
        sentence = _("%(what)s is not open at the present standing, until %(day)s.")
        sentence %= what | {"day": day(until)}
    return Reason("standing", sentence, until, decision_ids)


def _brings(tier: Tier, privilege: Privilege) -> bool:
    names: Collection[str] = tier.privileges
    return privilege.value in names


def _named(privilege: str, *, in_group: bool) -> str:
    if in_group:
        return {
            Privilege.CREATE_GROUP.value: _("Creating this group"),
            Privilege.OWN_GROUP.value: _("Owning this group"),
            Privilege.MANAGE_GROUP.value: _("Managing this group"),
        }[privilege]
    return {
        Privilege.CREATE_GROUP.value: _("Creating groups"),
        Privilege.OWN_GROUP.value: _("Owning groups"),
        Privilege.MANAGE_GROUP.value: _("Managing groups"),
    }[privilege]
