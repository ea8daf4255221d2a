"""A person asks to be verified; an identity officer decides, or the deadline passes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from identity import email_links, queries
from identity.actions import person_tags, verifications
from identity.models import Account, Verification, VerificationProvider, VerificationRequest
from identity.openid.attempts import Proof
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid

ANSWERED_WITHIN = timedelta(days=14)
LINK_HOLDS = timedelta(hours=24)
# From the start at another service until the person is back.
AWAY = timedelta(minutes=30)
Kind = VerificationProvider.Kind
# Others attest by themselves: there is nothing to ask them for here.
ASKED_BY_PERSON = (Kind.MANUAL, Kind.EMAIL, Kind.OIDC)
WITHIN = {Kind.MANUAL: ANSWERED_WITHIN, Kind.EMAIL: LINK_HOLDS, Kind.OIDC: AWAY}
State = VerificationRequest.State
OPEN = (State.PENDING, State.IN_REVIEW)
DECIDED_BY_OFFICERS = ("requests.take", "requests.approve", "requests.decline")


class RequestOpen(Conflict):
    """The account already has an open request with this provider."""

    code = "verification-request-open"


class OwnRequest(Forbidden):
    """The request is about an account of the officer's own, or appeals their own refusal."""

    code = "own-verification-request"
    title = "Somebody else reviews this request"
    advice = "Leave the request to another identity officer."


class NoAppeal(Conflict):
    """A refusal can be appealed once, within 30 days, by the person it is about."""

    code = "no-verification-appeal"


class RequestEnded(Conflict):
    """The request was decided, withdrawn or lapsed before."""

    code = "verification-request-ended"


@transaction.atomic(savepoint=False)
def start(
    *, account: Account, provider: VerificationProvider, by: Actor, at: datetime
) -> VerificationRequest:
    """Ask `provider` for a verification; by e-mail a link leaves. Whoever starts at another service
    again gives up the attempt before. Raises RequestOpen, ProviderNotUsable, and NoAddress where a
    link has nowhere to go."""
    usable = provider.is_enabled and provider.kind in ASKED_BY_PERSON
    if not usable or provider.platform_id != account.platform_id:
        raise verifications.ProviderNotUsable("Choose a provider of this platform.")
    is_link = provider.kind == VerificationProvider.Kind.EMAIL
    if is_link and (account.user is None or not email_links.address_of(account.user)):
        raise email_links.NoAddress("Confirm your email address first, then ask for a link.")
    request = VerificationRequest(
        account=account,
        provider=provider,
        requested_at=at,
        due_at=at + WITHIN[Kind(provider.kind)],
        mail_due_at=at if is_link else None,
    )
    if provider.kind == Kind.OIDC:
        for left in account.requests.filter(provider=provider, state=State.PENDING):
            withdraw(request=left, by=by, at=at)
    _open(request)
    _audit("requests.start", request, by=by, at=at)
    return request


@transaction.atomic(savepoint=False)
def appeal(
    *, request: VerificationRequest, grounds: str, by: Actor, at: datetime
) -> VerificationRequest:
    """Ask for another officer to look at a refusal. Raises NoAppeal, RequestOpen."""
    if not grounds.strip():
        raise Invalid("Say what the other officer should know.")
    if not queries.may_appeal(request=request, at=at):
        raise NoAppeal("This refusal can no longer be appealed, or was appealed before.")
    anew = VerificationRequest(
        account=request.account,
        provider=request.provider,
        requested_at=at,
        due_at=at + ANSWERED_WITHIN,
        appeals=request,
        grounds=grounds.strip(),
    )
    _open(anew)
    _audit("requests.appeal", anew, by=by, at=at)
    return anew


@transaction.atomic(savepoint=False)
def take(*, request: VerificationRequest, by: Actor, at: datetime) -> VerificationRequest:
    """Start to review a request. Raises RequestEnded, OwnRequest."""
    if request.provider.kind in (Kind.EMAIL, Kind.OIDC):
        raise verifications.ProviderNotUsable("The person goes through this request by themselves.")
    return _move(request, State.PENDING, State.IN_REVIEW, "requests.take", by=by, at=at)


@transaction.atomic(savepoint=False)
def approve(
    *, request: VerificationRequest, method: str, reference: str, by: Actor, at: datetime
) -> Verification:
    """Approve a request under review and record the attestation.

    Raises RequestEnded, OwnRequest.
    """
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
    """Decline a request under review, with a reason the person reads.

    Raises RequestEnded, OwnRequest.
    """
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
def confirm(*, request: VerificationRequest, by: Actor, at: datetime) -> Verification:
    """Record that the person opened their link. The request's end makes the link single-use.

    Raises RequestEnded, also once the link is too old.
    """
    if request.due_at <= at:
        raise RequestEnded("This link is too old. Ask for a new one.")
    _move(request, State.PENDING, State.APPROVED, "requests.confirm", by=by, at=at)
    return verifications.record(
        account=request.account,
        provider=request.provider,
        request=request,
        method="Link sent by email",
        reference="",
        by=by,
        at=at,
    )


@transaction.atomic(savepoint=False)
def attest(*, request: VerificationRequest, proof: Proof, by: Actor, at: datetime) -> Verification:
    """Record what an OpenID provider attested, and the person's tag.

    Raises RequestEnded, Invalid.
    """
    if request.due_at <= at:
        raise RequestEnded("You were away for too long. Start again.")
    _move(request, State.PENDING, State.APPROVED, "requests.attest", by=by, at=at)
    person_tags.remember(
        account=request.account, issuer=proof.issuer, subject=proof.subject, by=by, at=at
    )
    found = proof.assurance
    return verifications.record(
        account=request.account,
        provider=request.provider,
        request=request,
        level=found.level,
        method=found.method,
        reference=found.reference,
        verified_at=found.checked_at,
        by=by,
        at=at,
    )


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


def _open(request: VerificationRequest) -> None:
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_request_per_account_and_provider" in str(error):
            raise RequestOpen("You already have an open request with this provider.") from error
        raise NoAppeal("This refusal can no longer be appealed.") from error


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
    who = by.id if by.is_person and action in DECIDED_BY_OFFICERS else None
    _refuse_own(request, officer=who)
    changes: dict[str, Any] = {"state": new, "reason": reason.strip(), "mail_due_at": None}
    if new == State.IN_REVIEW:
        changes |= {"taken_by_id": who}
    else:
        changes |= {"decided_at": at, "decided_by_id": who}
    found = VerificationRequest.objects.filter(pk=request.pk, state=old, state__in=OPEN)
    if not found.update(**changes):
        raise RequestEnded("This request has moved on since you opened it. Reload the page.")
    request.refresh_from_db()
    _audit(action, request, by=by, at=at)
    return request


def _refuse_own(request: VerificationRequest, *, officer: UUID | None) -> None:
    """Word what the database refuses anyway."""
    if officer is None:
        return
    if request.account.user_id == officer:
        raise OwnRequest("This request is about your own account. Leave it to somebody else.")
    if request.appeals is not None and request.appeals.decided_by_id == officer:
        raise OwnRequest("You declined this request before. Somebody else looks at it now.")


@transaction.atomic(savepoint=False)
def note_told(*, requests: Sequence[VerificationRequest], by: Actor, at: datetime) -> None:
    """Remember that the people were told what became of their requests."""
    VerificationRequest.objects.filter(pk__in=[row.pk for row in requests]).update(told_at=at)
    if requests:
        new = {"requests": len(requests)}
        audit.record(action="requests.note_told", record=VerificationRequest, by=by, at=at, new=new)


def _audit(action: str, request: VerificationRequest, *, by: Actor, at: datetime) -> None:
    audit.record(
        action=action,
        record=request,
        by=by,
        at=at,
        platform_id=request.account.platform_id,
        new={"state": request.state},
    )
