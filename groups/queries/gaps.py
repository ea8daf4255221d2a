"""What a group lacks: shown to those who run it and to staff, and nothing follows from it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import policy
from credit import queries as credit_queries
from groups.models import Group, Tenure
from groups.models.tenures import Role
from identity.models import Verification
from identity.models.verifications import Level


@dataclass(frozen=True, slots=True)
class Gap:
    """`code` for programs, the rest for people."""

    code: str
    sentence: str
    advice: str


def list_gaps(*, group: Group, at: datetime) -> list[Gap]:
    """Return what the group lacks now; nothing for one that is closed or waits for an owner."""
    if group.state == Group.State.CLOSED or group.waits_for_owner:
        return []
    held = list(Tenure.objects.current().filter(group=group).select_related("account"))
    found = [_lonely(group)] if is_at_risk(group, held) else []
    document = _get_policy(group, at)
    if document is not None and group.size is not None:
        found += _too_few(document, group.size, held)
        found += _unverified(document, group.size, held, at)
    return found


def is_at_risk(group: Group, held: list[Tenure]) -> bool:
    """Say whether it was found at risk and is still run by one person alone."""
    return group.at_risk_from is not None and len(held) == 1 and held[0].role == Role.OWNER


def _lonely(group: Group) -> Gap:
    return Gap(
        "at-risk",
        _("One person alone runs this group, and did nothing there for 30 days."),
        _("Name a manager or another owner on %(platform)s, or hand the group over.")
        % {"platform": group.platform},
    )


def _too_few(document: policy.Document, size: int, held: list[Tenure]) -> list[Gap]:
    wanted = document.managers_for(size)
    present = sum(one.role in (Role.MANAGER, Role.CO_OWNER) for one in held)
    if present >= wanted:
        return []
    sentence = ngettext(
        "A group of this size should have %(wanted)d manager, and has %(present)d.",
        "A group of this size should have %(wanted)d managers, and has %(present)d.",
        wanted,
    ) % {"wanted": wanted, "present": present}
    return [Gap("managers", sentence, _("Name somebody on the service."))]


def _unverified(
    document: policy.Document, size: int, held: list[Tenure], at: datetime
) -> list[Gap]:
    asked = document.level_for(size)
    owner = next((one.account for one in held if one.role == Role.OWNER), None)
    if asked is None or owner is None:
        return []
    enough = policy.LEVELS[policy.LEVELS.index(asked.level) :]
    if Verification.objects.filter(account=owner, level__in=enough).counts_at(at).exists():
        return []
    sentence = _(
        "Whoever answers for a group of this size should be verified at the level “%(level)s” or"
        " higher, and its owner is not at present."
    ) % {"level": Level(asked.level).label}
    return [Gap("verification", sentence, _("The owner can ask to be verified at any time."))]


def _get_policy(group: Group, at: datetime) -> policy.Document | None:
    try:
        return policy.of(credit_queries.get_policy(platform_id=group.platform_id, at=at))
    except credit_queries.NoPolicy:
        return None
