"""The duties of owners: published in versions, acknowledged group by group, never enforced."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from groups import ownership
from groups.actions import notices
from groups.models import Acknowledgement, Duties
from groups.models.notices import NoticeKind
from groups.queries import duties as duties_queries
from identity.models import Account
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform

LONGEST = 20_000


class NoText(Invalid):
    """A version of the duties has a text, in English at least."""

    code = "duties-without-text"
    title = "The duties have no text"


class NewerDuties(Conflict):
    """There is a newer version than the one that was read."""

    code = "newer-duties"
    title = "The duties have changed"
    advice = "Read the new version and confirm that one."


@transaction.atomic(savepoint=False)
def publish(
    *, platform: Platform, texts: Mapping[str, str], by: Actor, at: datetime
) -> Sequence[Duties]:
    """Publish a new version, in each language that has a text; owners are asked anew.

    Raises NoText.
    """
    written = {language: text.strip() for language, text in texts.items() if text.strip()}
    if "en" not in written:
        raise NoText("Write the duties in English; other languages can be added.")
    # Two publications at once make two versions: the constraint refuses the second's number.
    Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
    last = Duties.objects.filter(platform=platform).aggregate(last=Max("version"))["last"] or 0
    made = [
        Duties.objects.create(
            platform=platform, version=last + 1, language=language, text=text, published_at=at
        )
        for language, text in sorted(written.items())
    ]
    for duties in made:
        new = {"version": duties.version, "language": duties.language}
        audit.record(action="duties.publish", record=duties, by=by, at=at, new=new)
    return made


@transaction.atomic(savepoint=False)
def acknowledge(
    *, account: Account, duties: Duties, by: Actor, at: datetime
) -> Sequence[Acknowledgement]:
    """Note that the owner read this version, for every group that they own and did not yet.

    Raises NotYourAccount, NewerDuties.
    """
    ownership.require_is(account, by=by)
    current = duties_queries.get_current(
        platform_id=account.platform_id, languages=[duties.language]
    )
    if current is None or current.version != duties.version:
        raise NewerDuties("The duties were published anew since you opened this page.")
    held = duties_queries.list_unacknowledged().filter(account=account).order_by("pk")
    made = [
        Acknowledgement(group_id=one.group_id, account=account, duties=duties, acknowledged_at=at)
        for one in held
    ]
    Acknowledgement.objects.bulk_create(made, ignore_conflicts=True)
    audit.record_each(
        action="duties.acknowledge",
        changes=[(one, {}, {"version": duties.version}) for one in made],
        by=by,
        at=at,
        platform_id=account.platform_id,
    )
    return made


@transaction.atomic(savepoint=False)
def remind(*, by: Actor, at: datetime, limit: int) -> int:
    """Remind owners who did not acknowledge their duties, at most once a month. Return how many."""
    due = list(duties_queries.list_to_remind(at=at).values_list("account", flat=True)[:limit])
    # Another sweep may be at the same: each takes other accounts, and asks again.
    waiting = Account.objects.filter(pk__in=due).order_by("pk")
    mine = list(waiting.select_for_update(skip_locked=True, no_key=True))
    told = 0
    for tenure in duties_queries.list_to_remind(at=at).filter(account__in=mine):
        link = settings.PUBLIC_URL + reverse("groups:duties")
        written = notices.write_if_worded(
            kind=NoticeKind.DUTIES, recipient=tenure.account, slots={"link": link}, by=by, at=at
        )
        told += written is not None
    return told
