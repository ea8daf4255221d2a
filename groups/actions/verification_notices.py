"""People are reminded before a verification ends, and told what became of their requests."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from groups import notice_phrases, wording
from groups.actions import notices
from groups.models.notices import NoticeKind
from groups.queries import ending_verifications
from identity.actions import requests, verifications
from identity.models import Account, Verification, VerificationRequest
from identity.queries import APPEALED_WITHIN
from portal.core.actors import Actor

_A_DAY = timedelta(days=1)
State = VerificationRequest.State


@transaction.atomic(savepoint=False)
def remind(*, days: int, by: Actor, at: datetime, limit: int) -> int:
    """Remind people whose verification ends within `days`, once; return how many.

    Several may run side by side: each takes other rows.
    """
    ending = ending_verifications.list_to_remind(days=days, at=at)
    found = list(ending.select_for_update(of=("self",), skip_locked=True, no_key=True)[:limit])
    for verification in found:
        outcome = _say_end(verification, at)
        _write(verification.account, outcome, by=by, at=at)
    verifications.note_reminded(verifications=found, days=days, by=by, at=at)
    return len(found)


@transaction.atomic(savepoint=False)
def tell(*, by: Actor, at: datetime, limit: int) -> int:
    """Tell people what became of their requests, once; return how many."""
    untold = ending_verifications.list_untold(at=at)
    found = list(untold.select_for_update(of=("self",), skip_locked=True, no_key=True)[:limit])
    for request in found:
        _write(request.account, _say_outcome(request), by=by, at=at)
    requests.note_told(requests=found, by=by, at=at)
    return len(found)


@transaction.atomic(savepoint=False)
def tell_of_revocations(*, by: Actor, at: datetime, limit: int) -> int:
    """Tell people why an attestation of theirs was revoked, once; return how many."""
    untold = ending_verifications.list_revoked_untold()
    found = list(untold.select_for_update(of=("self",), skip_locked=True, no_key=True)[:limit])
    for revoked in found:
        outcome = _say(revoked.account, "VERIFICATION_REVOKED", {"reason": revoked.revoked_reason})
        _write(revoked.account, outcome, by=by, at=at)
    verifications.note_revocation_told(verifications=found, by=by, at=at)
    return len(found)


def _write(account: Account, outcome: str, *, by: Actor, at: datetime) -> None:
    link = settings.PUBLIC_URL + reverse("groups:verification", args=[account.pk])
    slots: dict[str, wording.Value] = {"outcome": outcome, "link": link}
    notices.write_if_worded(
        kind=NoticeKind.VERIFICATION, recipient=account, slots=slots, by=by, at=at
    )


def _say_outcome(request: VerificationRequest) -> str:
    account, key = request.account, f"VERIFICATION_{request.state}"
    values: dict[str, wording.Value | None] = {"reason": request.reason}
    if request.state == State.APPROVED:
        held = Verification.objects.get(request=request)
        words = notice_phrases.phrases(notice_phrases.language_of(account))
        values |= {"level": words[held.level], "until": held.expires_at}
    elif request.state == State.DECLINED and request.appeals_id:
        key = "VERIFICATION_APPEAL_DECLINED"
    elif request.decided_at is not None:
        values["until"] = request.decided_at + APPEALED_WITHIN
    return _say(account, key, values)


def _say_end(verification: Verification, at: datetime) -> str:
    account = verification.account
    cost = ending_verifications.get_cost(verification=verification, at=at)
    if cost is None:
        said = _say(account, "ENDING_COSTS_NOTHING", {})
    else:
        said = _say(account, "ENDING_COSTS", {"above": cost.above, "grace": cost.grace_until})
    words = notice_phrases.phrases(notice_phrases.language_of(account))
    values: dict[str, wording.Value | None] = {
        "level": words[verification.level],
        "until": verification.expires_at,
        "days": -(-(verification.expires_at - at) // _A_DAY),
        "cost": said,
    }
    return _say(account, "VERIFICATION_ENDS", values)


def _say(account: Account, key: str, values: dict[str, wording.Value | None]) -> str:
    language = notice_phrases.language_of(account)
    zone = account.user.timezone if account.user else "UTC"
    read = {
        name: wording.read(value, language=language, timezone=zone)
        for name, value in values.items()
    }
    return notice_phrases.phrases(language)[key].format(**read)
