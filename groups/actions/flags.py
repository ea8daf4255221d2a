"""Reports: the first one about something opens a case, the others join it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from groups import locks
from groups.actions import case_notices, timeline
from groups.models import Case, CaseEntry, Evidence, Flag, Group, Rule
from groups.queries import answering
from identity.models import Account
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform

MOST_EXCERPTS = 5
LONGEST_EXCERPT = LONGEST_STATEMENT = 4000
State = Case.State


class UnusableFlag(Invalid):
    """A report says what happened, under a rule in force, about records of one platform."""

    code = "unusable-flag"
    title = "The report cannot be taken like this"


class FlagIdReused(Conflict):
    """Another report came under this id, about another group, account or rule."""

    code = "flag-id-reused"
    title = "The id belongs to another report"
    advice = "Send each report under an id of its own, and the same id only to repeat one."


class CaseKeepsChanging(Conflict):
    """Cases about the same were opened and decided while this report was taken."""

    code = "case-keeps-changing"
    advice = "Send the report again."
    retry_after = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports. `subject` is null when it is about the group itself."""

    platform: Platform
    group: Group
    subject: Account | None
    rule: Rule
    reporter: Account | None
    source: str
    statement: str
    excerpts: Sequence[str]
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    flag: Flag
    is_new: bool


def send(
    *,
    platform: Platform,
    group: Group,
    subject: Account | None,
    rule: Rule,
    reporter: Account | None,
    source: str,
    statement: str,
    excerpts: Sequence[str],
    external_id: str | None,
    by: Actor,
    at: datetime,
) -> Flag:
    """Take a report; see `take`."""
    report = Report(
        platform, group, subject, rule, reporter, source, statement, excerpts, external_id
    )
    return take(report=report, by=by, at=at).flag


@transaction.atomic(savepoint=False)
def take(*, report: Report, by: Actor, at: datetime) -> Receipt:
    """Take a report; it opens a case, or joins the open one on the same group, subject and rule.

    1. A report that came before under its platform's id is that one, and nothing happens.
    2. An open case about the same is locked, so that nobody decides it meanwhile, and joined.
    3. Without one a case is opened. Of two at once the unique constraint lets one in; the other
       joins it. The same goes for two reports under one id.
    Raises UnusableFlag, FlagIdReused, CaseKeepsChanging.
    """
    _check(report)
    if known := _find_known(report):
        return Receipt(known, is_new=False)
    try:
        with transaction.atomic():
            case, is_opened = _find_or_open(report, by=by, at=at)
            flag = _add(report, case, at=at)
            _tell(flag, case, is_opened=is_opened, by=by, at=at)
    except IntegrityError as error:
        if "a_flag_is_taken_once" not in str(error):
            raise
        known = _find_known(report)
        assert known is not None
        return Receipt(known, is_new=False)
    new = {"case": str(case.pk), "opened": is_opened, "due_at": _iso(case.due_at)}
    audit.record(action="flags.send", record=flag, by=by, at=at, new=new)
    return Receipt(flag, is_new=True)


def _check(report: Report) -> None:
    records = (report.group, report.subject, report.rule, report.reporter)
    if any(one is not None and one.platform_id != report.platform.pk for one in records):
        raise UnusableFlag("Group, accounts and rule have to belong to the same platform.")
    if report.rule.retired_at is not None:
        raise UnusableFlag(f"The rule {report.rule} is no longer in force.")
    if not report.statement.strip() or len(report.statement) > LONGEST_STATEMENT:
        raise UnusableFlag(f"Say what happened, in up to {LONGEST_STATEMENT} characters.")
    if len(report.excerpts) > MOST_EXCERPTS or any(
        not excerpt.strip() or len(excerpt) > LONGEST_EXCERPT for excerpt in report.excerpts
    ):
        raise UnusableFlag(
            f"Attach up to {MOST_EXCERPTS} excerpts of up to {LONGEST_EXCERPT} characters."
        )


def _find_known(report: Report) -> Flag | None:
    if report.external_id is None:
        return None
    sent = Flag.objects.filter(platform=report.platform, external_id=report.external_id)
    known = sent.select_related("case__rule").order_by("pk").first()
    if known is None:
        return None
    case = known.case
    subject_id = report.subject.pk if report.subject else None
    same = (case.group_id, case.subject_id, case.rule.code)
    if same != (report.group.pk, subject_id, report.rule.code):
        raise FlagIdReused(f"Another report came under the id {report.external_id} before.")
    return known


def _find_or_open(report: Report, *, by: Actor, at: datetime) -> tuple[Case, bool]:
    """Return a locked case to add the report to, and whether it was opened for it."""
    for _ in range(3):
        if case := _lock_open(report):
            return case, False
        try:
            with transaction.atomic():
                return _open(report, at=at), True
        except IntegrityError as error:
            if "one_open_case_per_group_subject_and_rule" not in str(error):
                raise
    raise CaseKeepsChanging("Cases about this are changing at this moment. Send it again.")


def _lock_open(report: Report) -> Case | None:
    """Lock the open case on the same; another version of a rule is the same rule."""
    found = Case.objects.open().filter(
        group=report.group, subject=report.subject, rule__code=report.rule.code
    )
    ids = found.order_by("number").values_list("pk", flat=True)[:1]
    locked = locks.lock_cases(ids)
    return locked[0] if locked and locked[0].is_open else None


def _open(report: Report, *, at: datetime) -> Case:
    """Open a case with the owner, or with staff where there is no owner to ask.

    Child safety and threats to life go to staff at once; so does what is about the owner, and
    what happens in a group without an owner, frozen or closed.
    """
    rule, group = report.rule, report.group
    owner = answering.get_owner(group=group)
    to_staff = (
        rule.skips_owner
        or owner is None
        or answering.is_same_person(owner, report.subject)
        or group.state in (Group.State.FROZEN, Group.State.CLOSED)
    )
    hours = rule.staff_hours if to_staff else rule.response_hours
    case = Case.objects.create(
        platform=report.platform,
        group=group,
        subject=report.subject,
        rule=rule,
        severity=rule.severity,
        state=State.WITH_STAFF if to_staff else State.WITH_OWNER,
        due_at=at + timedelta(hours=hours),
        owner_at_opening=owner,
        opened_at=at,
    )
    case.refresh_from_db(fields=["number"])
    return case


def _add(report: Report, case: Case, *, at: datetime) -> Flag:
    flag = Flag.objects.create(
        platform=report.platform,
        case=case,
        external_id=report.external_id,
        reporter=report.reporter,
        source=report.source,
        statement=report.statement.strip(),
        received_at=at,
    )
    Evidence.objects.bulk_create(
        Evidence(
            flag=flag,
            excerpt=excerpt,
            sha256=hashlib.sha256(excerpt.encode()).hexdigest(),
            attached_at=at,
        )
        for excerpt in report.excerpts
    )
    return flag


def _tell(flag: Flag, case: Case, *, is_opened: bool, by: Actor, at: datetime) -> None:
    """Write the timeline and the notices of a report, and audit what it did to the case.

    The group sees the lines of a case that went to it. A report that joins changes what there is
    to answer and to decide, so it raises the version.
    """
    is_public = case.timeline.filter(kind=CaseEntry.Kind.OPENED, is_public=True).exists()
    if is_opened:
        is_public = case.state == State.WITH_OWNER
    else:
        Case.objects.filter(pk=case.pk).update(version=F("version") + 1)
        case.version += 1
    kind = CaseEntry.Kind.OPENED if is_opened else CaseEntry.Kind.FLAGGED
    timeline.add(case=case, kind=kind, is_public=is_public, cause=flag, at=at)
    if is_opened:
        case_notices.tell_opened(case=case, by=by, at=at)
    case_notices.tell_reporter(flag=flag, case=case, by=by, at=at)
    new = {"state": case.state, "version": case.version, "due_at": _iso(case.due_at)}
    verb = "open" if is_opened else "join"
    audit.record(action=f"cases.{verb}", record=case, by=by, at=at, new=new)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
