"""Who is told of offers and claims, and of what became of them."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from groups import notice_phrases, wording
from groups.actions import notices
from groups.models import Claim, Group, Transfer
from groups.models.notices import NoticeKind
from identity.models import Account
from portal.core.actors import Actor

log = structlog.get_logger(__name__)
State = Transfer.State


def tell_offered(*, transfer: Transfer, by: Actor, at: datetime) -> None:
    slots: dict[str, wording.Value] = {
        "owner": str(transfer.from_account),
        "offer_until": transfer.expires_at,
        "link": _page_of(transfer),
    }
    _write(
        NoticeKind.TRANSFER_OFFERED, transfer.to_account, transfer.group, slots=slots, by=by, at=at
    )


def tell_ended(*, transfer: Transfer, by: Actor, at: datetime) -> None:
    """Tell the other side how the offer ended; both when its time ran out."""
    giver, recipient = transfer.from_account, transfer.to_account
    told = {
        State.ACCEPTED: [(giver, recipient)],
        State.DECLINED: [(giver, recipient)],
        State.CANCELLED: [(recipient, giver)],
        State.EXPIRED: [(giver, recipient), (recipient, giver)],
    }
    for account, other in told[State(transfer.state)]:
        _tell(transfer, f"TRANSFER_{transfer.state}", account, other, by=by, at=at)
    if transfer.state == State.ACCEPTED:
        tell_responsible(account=recipient, group=transfer.group, by=by, at=at)


def tell_taken_back(*, transfer: Transfer, by: Actor, at: datetime) -> None:
    giver, recipient = transfer.from_account, transfer.to_account
    _tell(transfer, "TRANSFER_TAKEN_BACK", recipient, giver, by=by, at=at)


def tell_claim_ended(*, claim: Claim, by: Actor, at: datetime) -> None:
    """Tell the claimant, unless they withdrew it themselves."""
    if claim.state == Claim.State.ACCEPTED:
        tell_responsible(account=claim.account, group=claim.group, by=by, at=at)
    elif claim.state != Claim.State.CANCELLED:
        words = notice_phrases.phrases(_language_of(claim.account))
        link = settings.PUBLIC_URL + reverse("groups:claim", args=[claim.pk])
        slots: dict[str, wording.Value] = {"outcome": words[f"CLAIM_{claim.state}"], "link": link}
        _write(NoticeKind.CLAIM_ENDED, claim.account, claim.group, slots=slots, by=by, at=at)


def tell_responsible(*, account: Account, group: Group, by: Actor, at: datetime) -> None:
    link = settings.PUBLIC_URL + reverse("groups:people", args=[group.pk])
    _write(NoticeKind.TENURE_BEGAN, account, group, slots={"link": link}, by=by, at=at)


def _tell(
    transfer: Transfer, phrase: str, account: Account, other: Account, *, by: Actor, at: datetime
) -> None:
    words = notice_phrases.phrases(_language_of(account))[phrase]
    slots: dict[str, wording.Value] = {
        "outcome": words.format(name=other),
        "link": _page_of(transfer),
    }
    _write(NoticeKind.TRANSFER_ENDED, account, transfer.group, slots=slots, by=by, at=at)


def _page_of(transfer: Transfer) -> str:
    return settings.PUBLIC_URL + reverse("groups:offer", args=[transfer.pk])


def _language_of(account: Account) -> str:
    """Return the language that the notice will most likely be written in."""
    user = account.user
    wanted = user.language if user and user.language else account.platform.language
    return wanted.partition("-")[0]


def _write(
    kind: NoticeKind,
    account: Account,
    group: Group,
    *,
    slots: dict[str, wording.Value],
    by: Actor,
    at: datetime,
) -> None:
    """Write it; words that a platform has not, or cannot fill, hold up no offer and no claim."""
    try:
        # A savepoint: the offer or claim goes on without its notice.
        with transaction.atomic():
            notices.write(
                kind=kind,
                recipient=account,
                slots=slots,
                platform=group.platform,
                group=group,
                by=by,
                at=at,
            )
    except (notices.NoWords, wording.UnfilledSlot) as error:
        log.warning("notice_not_written", kind=kind.value, code=error.code, group=str(group.pk))
