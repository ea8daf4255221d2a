"""Who is told of offers and claims, and of what became of them."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from groups import notice_phrases, wording
from groups.actions import notices
from groups.models import Claim, Group, Transfer
from groups.models.notices import NoticeKind
from identity.models import Account
from portal.core.actors import Actor

State = Transfer.State


def tell_offered(*, transfer: Transfer, by: Actor, at: datetime) -> None:
    slots: dict[str, wording.Value] = {
        "owner": str(transfer.from_account),
        "offer_until": transfer.expires_at,
        "link": _page_of(transfer),
    }
    notices.write_if_worded(
        kind=NoticeKind.TRANSFER_OFFERED,
        recipient=transfer.to_account,
        group=transfer.group,
        slots=slots,
        by=by,
        at=at,
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
        words = notice_phrases.phrases(notice_phrases.language_of(claim.account))
        link = settings.PUBLIC_URL + reverse("groups:claim", args=[claim.pk])
        slots: dict[str, wording.Value] = {"outcome": words[f"CLAIM_{claim.state}"], "link": link}
        notices.write_if_worded(
            kind=NoticeKind.CLAIM_ENDED,
            recipient=claim.account,
            group=claim.group,
            slots=slots,
            by=by,
            at=at,
        )


def tell_responsible(*, account: Account, group: Group, by: Actor, at: datetime) -> None:
    link = settings.PUBLIC_URL + reverse("groups:people", args=[group.pk])
    notices.write_if_worded(
        kind=NoticeKind.TENURE_BEGAN,
        recipient=account,
        group=group,
        slots={"link": link},
        by=by,
        at=at,
    )


def _tell(
    transfer: Transfer, phrase: str, account: Account, other: Account, *, by: Actor, at: datetime
) -> None:
    words = notice_phrases.phrases(notice_phrases.language_of(account))[phrase]
    slots: dict[str, wording.Value] = {
        "outcome": words.format(name=other),
        "link": _page_of(transfer),
    }
    notices.write_if_worded(
        kind=NoticeKind.TRANSFER_ENDED,
        recipient=account,
        group=transfer.group,
        slots=slots,
        by=by,
        at=at,
    )


def _page_of(transfer: Transfer) -> str:
    return settings.PUBLIC_URL + reverse("groups:offer", args=[transfer.pk])
