"""What people are told: written in the transaction of what it tells, kept as sent."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import transaction

from groups import notice_slots, wording
from groups.models import Appeal, Case, Decision, Group, Measure, Notice, NoticeTemplate
from groups.queries import templates
from identity.models import Account
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.models import Platform

log = structlog.get_logger(__name__)
ON_GROUP = (Measure.Kind.FREEZE_GROUP, Measure.Kind.CLOSE_GROUP)


class NoWords(Invalid):
    """The platform has no published template for this kind of notice."""

    code = "no-template"
    title = "There are no words for this notice"
    advice = "Publish a template for this kind of notice, then try again."


@transaction.atomic(savepoint=False)
def write(
    *,
    kind: str,
    recipient: Account,
    slots: Mapping[str, wording.Value | None],
    at: datetime,
    by: Actor,
    platform: Platform,
    group: Group | None = None,
    case: Case | None = None,
    decision: Decision | None = None,
    appeal: Appeal | None = None,
) -> Notice:
    """Write a notice in the recipient's language; it leaves by mail when they have an address.

    Slots follow from the records (`notice_slots`); `slots` adds to them or replaces them. Of one
    kind a person gets one notice about a decision: a second call returns the first. Raises
    NoWords, and UnfilledSlot when the template asks for what is not there.
    """
    if appeal is None and decision is not None and (sent := _find(kind, recipient, decision)):
        return sent
    about = notice_slots.gather(
        platform=platform,
        recipient=recipient,
        group=group,
        case=case,
        decision=decision,
        appeal=appeal,
    )
    template = _choose(kind, about)
    subject, body = _words(template, about, slots, at)
    user = recipient.user
    notice = Notice.objects.create(
        platform=platform,
        recipient=recipient,
        kind=kind,
        template=template,
        group=about.group,
        case=about.case,
        # A decision may be appealed again: only what tells of the decision itself counts once.
        decision=decision if appeal is None else None,
        appeal=appeal,
        language=template.language,
        subject=subject,
        body=body,
        created_at=at,
        mail_due_at=at if user is not None and user.is_active else None,
    )
    new = {"kind": kind, "recipient": str(recipient.pk), "template": str(template.pk)}
    audit.record(action="notices.write", record=notice, by=by, at=at, new=new)
    _publish(notice, about, at=at)
    return notice


@transaction.atomic(savepoint=False)
def write_if_worded(
    *,
    kind: str,
    recipient: Account,
    slots: Mapping[str, wording.Value | None],
    at: datetime,
    by: Actor,
    group: Group | None = None,
) -> Notice | None:
    """Write a notice that nothing waits for; null where the platform has no words for it.

    A savepoint: what the notice tells of goes on without it.
    """
    try:
        with transaction.atomic():
            return write(
                kind=kind,
                recipient=recipient,
                slots=slots,
                at=at,
                by=by,
                platform=recipient.platform,
                group=group,
            )
    except (NoWords, wording.UnfilledSlot) as error:
        log.warning("notice_not_written", kind=kind, code=error.code, recipient=str(recipient.pk))
        return None


def _publish(notice: Notice, about: notice_slots.About, *, at: datetime) -> None:
    outbox.publish(
        platform_id=notice.platform_id,
        type="accord.notice.created.v1",
        subject=str(notice.pk),
        data={
            "kind": notice.kind,
            "account": about.recipient.external_id,
            "group": about.group.external_id if about.group else None,
            "case": about.case.reference if about.case else None,
        },
        at=at,
    )


def _find(kind: str, recipient: Account, decision: Decision) -> Notice | None:
    sent = Notice.objects.filter(kind=kind, recipient=recipient, decision=decision)
    return sent.order_by("pk").first()


def _choose(kind: str, about: notice_slots.About) -> NoticeTemplate:
    user, platform = about.recipient.user, about.platform
    rule = about.decision.rule if about.decision else about.case.rule if about.case else None
    template = templates.get_template(
        platform_id=platform.pk,
        kind=kind,
        rule_code=rule.code if rule else "",
        measure_kind=_measure_kind(about),
        languages=templates.list_languages(
            preferred=user.language if user else "", platform_language=platform.language
        ),
    )
    if template is None:
        raise NoWords(f"{platform.name} has no template for this notice.", kind=kind)
    return template


def _measure_kind(about: notice_slots.About) -> str:
    """Return the measure that chooses the words: one on the group, or on the recipient."""
    if about.decision is None:
        return ""
    kind = templates.get_weightiest(decision=about.decision)
    concerns = kind in ON_GROUP or about.decision.subject_account_id == about.recipient.pk
    return kind if kind and concerns else ""


def _words(
    template: NoticeTemplate,
    about: notice_slots.About,
    slots: Mapping[str, wording.Value | None],
    at: datetime,
) -> tuple[str, str]:
    user = about.recipient.user
    derived = notice_slots.values_of(about, kind=template.kind, language=template.language, at=at)
    values = {
        name: wording.read(
            value, language=template.language, timezone=user.timezone if user else "UTC"
        )
        for name, value in {**derived, **slots}.items()
    }
    subject = wording.one_line(wording.fill(template.subject, values))
    return subject, wording.fill(template.body, values)


@transaction.atomic(savepoint=False)
def mark_read(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Note that the recipient has read it; once is enough."""
    if Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at):
        notice.read_at = at
        audit.record(action="notices.mark_read", record=notice, by=by, at=at)
    return notice
