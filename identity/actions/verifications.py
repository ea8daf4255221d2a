"""Attestations: what was verified, by which method, until when. Never a document."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
    level: str | None = None,
) -> Verification:
    """Record that `provider` attested the account's person, at the provider's level or `level`.

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
        level=level or provider.level,
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
    for platform_id, rows in _by_platform(expired).items():
        outbox.publish_each(platform_id=platform_id, events=[_expired(row) for row in rows], at=at)
        _note("expire", rows, {}, platform_id, by=by, at=at)
    return len(expired)


@transaction.atomic(savepoint=False)
def note_reminded(
    *, verifications: Sequence[Verification], days: int, by: Actor, at: datetime
) -> None:
    """Remember that the people were reminded `days` before their attestations end."""
    Verification.objects.filter(pk__in=[row.pk for row in verifications]).update(reminded_days=days)
    for platform_id, rows in _by_platform(verifications).items():
        _note("remind", rows, {"days": days}, platform_id, by=by, at=at)


@transaction.atomic(savepoint=False)
def note_revocation_told(*, verifications: Sequence[Verification], by: Actor, at: datetime) -> None:
    """Remember that the people were told why their attestations were revoked."""
    Verification.objects.filter(pk__in=[row.pk for row in verifications]).update(
        revocation_told_at=at
    )
    for platform_id, rows in _by_platform(verifications).items():
        _note("tell_of_revocation", rows, {}, platform_id, by=by, at=at)


def _by_platform(verifications: Sequence[Verification]) -> dict[UUID, list[Verification]]:
    found: dict[UUID, list[Verification]] = {}
    for verification in verifications:
        found.setdefault(verification.account.platform_id, []).append(verification)
    return found


def _note(
    verb: str,
    verifications: Sequence[Verification],
    new: dict[str, Any],
    platform_id: UUID,
    *,
    by: Actor,
    at: datetime,
) -> None:
    audit.record_each(
        action=f"verifications.{verb}",
        changes=[(row, {}, new) for row in verifications],
        by=by,
        at=at,
        platform_id=platform_id,
    )


def _expired(verification: Verification) -> tuple[str, str, dict[str, Any]]:
    return (
        "accord.verification.expired.v1",
        verification.account.external_id,
        {"level": verification.level, "expired_at": verification.expires_at.isoformat()},
    )
