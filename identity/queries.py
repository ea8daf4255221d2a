"""What is known of somebody's verification, and who may still do what about it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from identity.models import (
    Account,
    IdentityAccess,
    User,
    Verification,
    VerificationProvider,
    VerificationRequest,
)

APPEALED_WITHIN = timedelta(days=30)
State = VerificationRequest.State
Kind = VerificationProvider.Kind
OPEN = (State.PENDING, State.IN_REVIEW)
# The person goes through these without an officer.
ALONE = (Kind.EMAIL, Kind.OIDC)
HIGHEST_FIRST = Case(
    When(level="HIGH", then=Value(0)), When(level="SUBSTANTIAL", then=Value(1)), default=Value(2)
)


def get_valid(*, account: Account, at: datetime) -> Verification | None:
    """Return the attestation that counts: the highest that holds, then the longest."""
    valid = Verification.objects.valid_at(at).filter(account=account).select_related("provider")
    return valid.order_by(HIGHEST_FIRST, "-expires_at", "pk").first()


def list_verifications(*, account: Account) -> QuerySet[Verification]:
    return account.verifications.select_related("provider").order_by("-verified_at", "-pk")


def list_requests(*, account: Account) -> QuerySet[VerificationRequest]:
    """Return the person's requests, the newest first, with what they appeal and its appeal."""
    found = account.requests.select_related("provider", "appeals", "appeal", "account")
    return found.order_by("-requested_at", "-pk")


def list_looks(*, account: Account) -> QuerySet[IdentityAccess]:
    return account.identity_looks.order_by("-at", "-pk")


def list_providers(*, account: Account, kinds: Collection[str]) -> QuerySet[VerificationProvider]:
    """Return the providers of the account's platform in use, without those already asked.

    Another service can be gone to again: whoever left it midway starts anew.
    """
    asked = account.requests.filter(state__in=OPEN).exclude(provider__kind=Kind.OIDC)
    found = VerificationProvider.objects.filter(platform=account.platform_id, is_enabled=True)
    return found.filter(kind__in=kinds).exclude(pk__in=asked.values("provider")).order_by("name")


def may_appeal(*, request: VerificationRequest, at: datetime) -> bool:
    """Say whether the refusal can still be appealed: once, within 30 days, and no appeal of one."""
    if request.state != State.DECLINED or request.decided_at is None or request.appeals_id:
        return False
    return at <= request.decided_at + APPEALED_WITHIN and not hasattr(request, "appeal")


def may_look(*, account: Account, user: User, at: datetime) -> bool:
    """Say whether `user` has stated a purpose for `account` that still counts."""
    found = IdentityAccess.objects.filter(account=account, user=user, at__lte=at, until__gt=at)
    return found.exists()


def count_open(*, platforms: Collection[UUID]) -> int:
    """Count the requests that wait for an officer; others wait for the person."""
    waiting = VerificationRequest.objects.filter(account__platform__in=platforms, state__in=OPEN)
    return waiting.exclude(provider__kind__in=ALONE).count()
