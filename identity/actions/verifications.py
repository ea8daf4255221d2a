"""Attestations: what was verified, by which method, until when. Never a document."""

from datetime import datetime, timedelta

from django.db import transaction

from identity.models import Account, Verification, VerificationProvider, VerificationRequest
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid


class ProviderNotUsable(Invalid):
    """The provider is switched off, belongs to another platform, or is not one for this path."""

    code = "provider-not-usable"


class VerificationEnded(Conflict):
    """The verification was revoked before."""

    code = "verification-ended"


@transaction.atomic(savepoint=False)
def record(
    *,
    account: Account,
    provider: VerificationProvider,
    method: str,
    reference: str,
    by: Actor,
    at: datetime,
    request: VerificationRequest | None = None,
    verified_at: datetime | None = None,
) -> Verification:
    """Record that `provider` attested the account's person, at the provider's level.

    `reference` is the provider's own opaque number for the check; `verified_at` is when it was
    done, if not now. Raises ProviderNotUsable, Invalid for a check to come or long outdated.
    """
    began = verified_at or at
    ends = began + timedelta(days=provider.validity_days)
    if began > at:
        raise Invalid("A verification cannot lie in the future.")
    if ends <= at:
        raise Invalid(f"What {provider} verifies holds {provider.validity_days} days: it is over.")
    if not provider.is_enabled or provider.platform_id != account.platform_id:
        raise ProviderNotUsable("Choose a provider of this platform that is switched on.")
    verification = Verification.objects.create(
        account=account,
        provider=provider,
        request=request,
        level=provider.level,
        method=method,
        reference=reference,
        recorded_by_id=by.id if by.is_person else None,
        verified_at=began,
        expires_at=ends,
    )
    audit.record(
        action="verifications.record",
        record=verification,
        by=by,
        at=at,
        platform_id=account.platform_id,
        new={"level": verification.level, "expires_at": verification.expires_at.isoformat()},
    )
    return verification


@transaction.atomic(savepoint=False)
def revoke(*, verification: Verification, reason: str, by: Actor, at: datetime) -> Verification:
    """End an attestation before its time. Raises VerificationEnded, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("Say why the verification is revoked.")
    revoked = Verification.objects.filter(pk=verification.pk, revoked_at=None).update(
        revoked_at=at,
        revoked_by_id=by.id if by.is_person else None,
        revoked_by_client_id=None if by.is_person else by.id,
        revoked_reason=reason.strip(),
    )
    if not revoked:
        raise VerificationEnded("This verification has already been revoked.")
    audit.record(
        action="verifications.revoke",
        record=verification,
        by=by,
        at=at,
        platform_id=verification.account.platform_id,
    )
    verification.refresh_from_db()
    return verification


@transaction.atomic(savepoint=False)
def note_expired(*, by: Actor, at: datetime, limit: int = 500) -> int:
    """Tell platforms of attestations that ran out; return how many.

    Validity itself is a question of dates and needs no task. Several of these may run side by
    side: each takes other rows.
    """
    expired = list(
        Verification.objects.filter(expires_at__lte=at, expiry_noted_at=None, revoked_at=None)
        .select_related("account")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("expires_at", "pk")[:limit]
    )
    Verification.objects.filter(pk__in=[row.pk for row in expired]).update(expiry_noted_at=at)
    for verification in expired:
        outbox.publish(
            platform_id=verification.account.platform_id,
            type="accord.verification.expired.v1",
            subject=verification.account.external_id,
            data={"level": verification.level, "expired_at": verification.expires_at.isoformat()},
            at=at,
        )
        audit.record(
            action="verifications.expire",
            record=verification,
            by=by,
            at=at,
            platform_id=verification.account.platform_id,
        )
    return len(expired)
