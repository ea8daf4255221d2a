"""What the slots of a notice can be filled with from the records it is about.

Templates may use: platform, recipient, link, date, group, case, rule, rule_text, deadline,
decision, subject, outcome, ground, automation, facts, reasons, effects, appeal_until,
how_to_appeal (in the notice of a decision), appeal, appeal_outcome, appeal_reasons,
appeal_deadline; and whatever the action that writes passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from groups import notice_phrases, wording
from groups.models import Appeal, Case, Decision, Flag, Group
from groups.models.notices import NoticeKind
from groups.queries import appeals as appeal_queries
from groups.queries import decision_page
from groups.wording import Value
from identity.models import Account
from portal.core.models import Platform

REPORT_KINDS = (NoticeKind.REPORT_RECEIVED, NoticeKind.REPORT_DECIDED)


@dataclass(frozen=True, slots=True)
class About:
    """The records that a notice is about."""

    platform: Platform
    recipient: Account
    group: Group | None
    case: Case | None
    decision: Decision | None
    appeal: Appeal | None


def gather(
    *,
    platform: Platform,
    recipient: Account,
    group: Group | None,
    case: Case | None,
    decision: Decision | None,
    appeal: Appeal | None,
) -> About:
    """Add to what a notice is about what follows: the decision appealed, its case, the group."""
    decision = decision or (appeal.decision if appeal else None)
    case = case or (decision.case if decision else None)
    group = group or (case.group if case else None)
    return About(platform, recipient, group, case, decision, appeal)


def values_of(
    about: About, *, kind: str, language: str, at: datetime
) -> Mapping[str, Value | None]:
    """Return what each slot holds. Nothing here names a reporter."""
    values: dict[str, Value | None] = {
        "platform": about.platform.name,
        "recipient": str(about.recipient),
        "link": settings.PUBLIC_URL + _path(about, kind),
        "date": at,
    }
    if about.group is not None:
        values["group"] = str(about.group)
    if about.case is not None:
        values |= _of_case(about.case)
    if about.decision is not None:
        values |= _of_decision(about.decision, about.recipient, language)
        if kind == NoticeKind.DECISION:
            values["how_to_appeal"] = _how_to_appeal(about, about.decision, language, at=at)
    if about.appeal is not None:
        values |= _of_appeal(about.appeal, language)
    return values


def _path(about: About, kind: str) -> str:
    """Return the page of the dashboard on which the recipient can act on it."""
    if kind in (NoticeKind.CASE_OPENED, NoticeKind.CASE_ESCALATED) and about.case:
        return reverse("groups:case", args=[about.case.reference])
    if kind == NoticeKind.DECISION and about.decision:
        return reverse("groups:decision", args=[about.decision.reference])
    if about.appeal is not None:
        return reverse("groups:appeal", args=[about.appeal.reference])
    if kind in REPORT_KINDS and about.case:
        own = Flag.objects.filter(case=about.case, reporter=about.recipient)
        if flag := own.order_by("-received_at", "-pk").first():
            return reverse("groups:report_sent", args=[flag.pk])
    return reverse("groups:notices")


def _of_case(case: Case) -> Mapping[str, Value | None]:
    return {
        "case": case.reference,
        "rule": case.rule.title,
        "rule_text": case.rule.text,
        "deadline": case.due_at,
    }


def _of_decision(
    decision: Decision, recipient: Account, language: str
) -> Mapping[str, Value | None]:
    words = notice_phrases.phrases(language)
    subject = decision.subject_account
    is_subject = subject == recipient
    about = "about_group" if subject is None else "about_you" if is_subject else "about_account"
    return {
        "decision": decision.reference,
        "subject": words[about].format(name=subject, group=decision.case.group),
        "outcome": words[decision.outcome],
        "rule": decision.rule.title,
        "rule_text": decision.rule.text,
        "ground": words[decision.ground].format(legal_ground=decision.legal_ground),
        "facts": decision.facts,
        "reasons": decision.reasons,
        "automation": words["FOUND_BY_MACHINE" if decision.automated_detection else "NO_MACHINE"],
        "effects": _effects(decision, recipient, language),
        "appeal_until": decision.appealable_until,
    }


def _how_to_appeal(about: About, decision: Decision, language: str, *, at: datetime) -> str:
    """Tell the recipient how to appeal; whoever cannot is told who can."""
    if decision.appealable_until is None:
        return ""
    recipient = about.recipient
    right = appeal_queries.get_right(decision=decision, appellant=recipient, at=at)
    until = wording.read(
        decision.appealable_until,
        language=language,
        timezone=recipient.user.timezone if recipient.user else "UTC",
    )
    said = "you_can_appeal" if right.exists else "they_can_appeal"
    link = settings.PUBLIC_URL + _path(about, NoticeKind.DECISION)
    return notice_phrases.phrases(language)[said].format(until=until, link=link)


def _effects(decision: Decision, recipient: Account, language: str) -> str:
    """List what the decision does and until when, one line each."""
    words = notice_phrases.phrases(language)
    timezone = recipient.user.timezone if recipient.user else "UTC"
    lines = []
    for effect in decision_page.list_effects(
        decision=decision,
        language=language,
        with_points=decision.subject_account_id == recipient.pk,
    ):
        until = wording.read(effect.until, language=language, timezone=timezone)
        lines.append(f"- {effect.words}{words['until'].format(until=until) if until else ''}")
    return "\n".join(lines) or words["no_measures"]


def _of_appeal(appeal: Appeal, language: str) -> Mapping[str, Value | None]:
    return {
        "appeal": appeal.reference,
        "appeal_deadline": appeal.due_at,
        "appeal_outcome": notice_phrases.phrases(language).get(appeal.state),
        "appeal_reasons": appeal.outcome_reasons,
    }
