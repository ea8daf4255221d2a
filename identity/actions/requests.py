"""A person asks to be verified; an identity officer decides, or the deadline passes."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from identity.actions import verifications
from identity.models import Account, Verification, VerificationProvider, VerificationRequest
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid

ANSWERED_WITHIN = timedelta(days=14)
State = VerificationRequest.State
OPEN = (State.PENDING, State.IN_REVIEW)


class RequestOpen(Conflict):
    """The account already has an open request with this provider."""

    code = "verification-request-open"


class RequestEnded(Conflict):
    """The request was decided, withdrawn or lapsed before."""

    code = "verification-request-ended"


@transaction.atomic(savepoint=False)
def start(
    *, account: Account, provider: VerificationProvider, by: Actor, at: datetime
) -> VerificationRequest:
    """Ask `provider` for a verification. Raises RequestOpen, ProviderNotUsable."""
    if not provider.is_enabled or provider.platform_id != account.platform_id:
        raise verifications.ProviderNotUsable("Choose a provider of this platform.")
    try:
        with transaction.atomic():
            request = VerificationRequest.objects.create(
                account=account, provider=provider, requested_at=at, due_at=at + ANSWERED_WITHIN
            )
    except IntegrityError as error:
        raise RequestOpen("You already have an open request with this provider.") from error
    _audit("requests.start", request, by=by, at=at)
    return request


@transaction.atomic(savepoint=False)
def take(*, request: VerificationRequest, by: Actor, at: datetime) -> VerificationRequest:
    """Start to review a request. Raises RequestEnded."""
    return _move(request, State.PENDING, State.IN_REVIEW, "requests.take", by=by, at=at)


@transaction.atomic(savepoint=False)
def approve(
    *, request: VerificationRequest, method: str, reference: str, by: Actor, at: datetime
) -> Verification:
    """Approve a request under review and record the attestation. Raises RequestEnded."""
    _move(request, State.IN_REVIEW, State.APPROVED, "requests.approve", by=by, at=at)
    return verifications.record(
        account=request.account,
        provider=request.provider,
        request=request,
        method=method,
        reference=reference,
        by=by,
        at=at,
    )


@transaction.atomic(savepoint=False)
def decline(
    *, request: VerificationRequest, reason: str, by: Actor, at: datetime
) -> VerificationRequest:
    """Decline a request under review, with a reason the person reads. Raises RequestEnded."""
    if not reason.strip():
        raise Invalid("Say why the request is declined; the person reads it.")
    return _move(
        request, State.IN_REVIEW, State.DECLINED, "requests.decline", by=by, at=at, reason=reason
    )


@transaction.atomic(savepoint=False)
def withdraw(*, request: VerificationRequest, by: Actor, at: datetime) -> VerificationRequest:
    """Take a request back, whatever stage it is at. Raises RequestEnded."""
    return _move(request, request.state, State.WITHDRAWN, "requests.withdraw", by=by, at=at)


@transaction.atomic(savepoint=False)
def expire(*, by: Actor, at: datetime, limit: int = 500) -> int:
    """Let requests lapse whose deadline has passed; return how many."""
    due = list(
        VerificationRequest.objects.filter(due_at__lte=at, state__in=OPEN)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("account")
        .order_by("due_at", "pk")[:limit]
    )
    for request in due:
        _move(request, request.state, State.EXPIRED, "requests.expire", by=by, at=at)
    return len(due)


def _move(
    request: VerificationRequest,
    old: str,
    new: str,
    action: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> VerificationRequest:
    moved = VerificationRequest.objects.filter(pk=request.pk, state=old, state__in=OPEN).update(
        state=new,
        decided_at=None if new in OPEN else at,
        decided_by_id=by.id if by.is_person and new not in OPEN else None,
        reason=reason.strip(),
    )
    if not moved:
        raise RequestEnded("This request has moved on since you opened it. Reload the page.")
    request.refresh_from_db()
    _audit(action, request, by=by, at=at)
    return request


def _audit(action: str, request: VerificationRequest, *, by: Actor, at: datetime) -> None:
    audit.record(
        action=action,
        record=request,
        by=by,
        at=at,
        platform_id=request.account.platform_id,
        new={"state": request.state},
    )
