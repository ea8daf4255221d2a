"""Whose verification ends soon, whose request came to an end, and what an end costs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from credit import policy
from credit import queries as credit_queries
from identity.models import Verification, VerificationProvider, VerificationRequest
from identity.models.verifications import GRACE
from identity.queries import HIGHEST_FIRST

# Days before the end at which people are reminded, the last reminder first.
REMINDERS = (7, 30)
State = VerificationRequest.State


@dataclass(frozen=True, slots=True)
class Cost:
    """What the person can no longer do once the grace is over."""

    above: int
    """Groups of more members cannot be taken on."""
    grace_until: datetime


def list_to_remind(*, days: int, at: datetime) -> QuerySet[Verification]:
    """Return the attestations that end within `days`, of people who sign in and do not know yet.

    Whoever holds another one that is as good and lasts longer loses nothing and is left alone.
    """
    own = Verification.objects.filter(account=OuterRef("account"), revoked_at=None)
    better = own.annotate(rank=HIGHEST_FIRST).filter(
        rank__lte=OuterRef("rank"), verified_at__lte=at, expires_at__gt=OuterRef("expires_at")
    )
    ending = Verification.objects.filter(
        Q(reminded_days=None) | Q(reminded_days__gt=days),
        revoked_at=None,
        expiry_noted_at=None,
        expires_at__gt=at,
        expires_at__lte=at + timedelta(days=days),
        account__user__is_active=True,
    )
    found = ending.annotate(rank=HIGHEST_FIRST).exclude(Exists(better))
    return found.select_related("account__user", "account__platform").order_by("expires_at", "pk")


def list_untold(*, at: datetime) -> QuerySet[VerificationRequest]:
    """Return the requests that came to an end and whose people were not told.

    Whoever confirms a link or comes back from another service sees the outcome at once.
    """
    ended = VerificationRequest.objects.filter(
        told_at=None,
        state__in=[State.APPROVED, State.DECLINED, State.EXPIRED],
        provider__kind=VerificationProvider.Kind.MANUAL,
        account__user__is_active=True,
    )
    found = ended.select_related("account__user", "account__platform", "provider")
    return found.order_by(F("decided_at").asc(nulls_last=True), "pk")


def list_revoked_untold() -> QuerySet[Verification]:
    """Return the attestations that were revoked and whose people were not told."""
    revoked = Verification.objects.filter(
        revoked_at__isnull=False, revocation_told_at=None, account__user__is_active=True
    )
    found = revoked.select_related("account__user", "account__platform")
    return found.order_by("revoked_at", "pk")


def get_cost(*, verification: Verification, at: datetime) -> Cost | None:
    """Say what the end of the attestation costs under the policy in force; null for nothing."""
    asked = _get_policy(verification.account.platform_id, at)
    rank = policy.LEVELS.index(verification.level)
    covered = [each for each in asked if policy.LEVELS.index(each.level) <= rank]
    if not covered:
        return None
    above = min(each.above for each in covered)
    return Cost(above, verification.expires_at + GRACE)


def _get_policy(platform_id: UUID, at: datetime) -> tuple[policy.Verified, ...]:
    try:
        active = credit_queries.get_policy(platform_id=platform_id, at=at)
    except credit_queries.NoPolicy:
        return ()
    return policy.of(active).verification
