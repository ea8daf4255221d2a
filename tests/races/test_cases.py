"""Bar 14 on one case: every pair of moves, 8 threads behind a barrier."""

from datetime import timedelta
from functools import partial
from itertools import combinations_with_replacement

import pytest
from django.db.models import Q

from credit.actions import policies
from groups.actions import cases, decisions, mail, sweeps
from groups.models import Case, Evidence, Flag, Notice
from portal.core.actors import Actor
from portal.core.errors import Conflict
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import CaseFactory, NoticeFactory, RuleFactory
from tests.groups.place import BY_TESTS, kinds, make_place, told
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8
DUE = AT + timedelta(hours=48)
# What eight people do at once: past the deadline, and past the lease of whoever had the case.
NOW = DUE + timedelta(hours=1)
LONG_AGO = AT - timedelta(days=400)


class Desk:
    """A case that every move fits: asked, answered once, overdue, claimed with a lease that ran
    out. Each thread saw it before any of them moved."""

    def __init__(self):
        self.place = make_place()
        policies.install_default(platform=self.place.platform, by=BY_TESTS, at=LONG_AGO)
        self.holder = self.place.staff("SENIOR")
        self.staff = [self.place.staff("SENIOR") for _ in range(THREADS)]
        case = self.place.open_case()
        self.answer(case)()
        with fixture_rows():
            Case.objects.filter(pk=case.pk).update(
                due_at=DUE, assignee=self.holder, leased_until=AT
            )
        self.case = Case.objects.get(pk=case.pk)
        self.before = self.audited()

    def audited(self):
        """A decision's own entry is that of the move it makes."""
        moves = Q(record_type="groups.Case") | Q(action="decisions.decide")
        return AuditEntry.objects.filter(moves).count()

    def seen(self):
        return Case.objects.select_related("platform", "group", "rule").get(pk=self.case.pk)

    def move(self, name, thread):
        return getattr(self, name)(self.seen(), thread)

    def answer(self, case, thread=0):
        owner = self.place.owner
        return partial(
            cases.answer,
            case=case,
            version=case.version,
            account=owner,
            text="We removed them.",
            by=Actor.user(owner.user),
            at=NOW if thread else AT,
        )

    def claim(self, case, thread):
        user = self.staff[thread]
        return partial(cases.claim, case=case, user=user, by=Actor.user(user), at=NOW)

    def take_next(self, case, thread):
        user = self.staff[thread]
        return partial(cases.take_next, user=user, by=Actor.user(user), at=NOW)

    def release(self, case, thread):
        by = Actor.user(self.holder)
        return partial(cases.release, case=case, user=self.holder, by=by, at=NOW)

    def note(self, case, thread):
        by = Actor.user(self.staff[thread])
        return partial(cases.note, case=case, text="Looks organised.", by=by, at=NOW)

    def escalate(self, case, thread):
        return partial(cases.escalate, case=case, by=BY_TESTS, at=NOW)

    def decide(self, case, thread):
        return partial(
            decisions.decide,
            case=case,
            version=case.version,
            outcome="DISMISSED",
            facts="Nothing of it could be seen.",
            reasons="No rule was broken.",
            measures=[],
            by=Actor.user(self.staff[thread]),
            at=NOW,
        )


MOVES = ["answer", "claim", "decide", "take_next", "escalate", "note", "release"]
PAIRS = list(combinations_with_replacement(MOVES, 2))


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_of_two_moves_at_once_one_wins(pair):
    desk = Desk()
    results = at_once.run(
        *(desk.move(pair[thread % 2], thread) for thread in range(THREADS)),
    )

    done, refused = at_once.split(results)
    accepted = [result for result in done if result is not None]
    assert all(isinstance(error, Conflict) for error in refused), refused
    # Nobody has opened a case that is taken by "take the next", so it may come after a move that
    # leaves the case free; every other move was made on what somebody else has changed by then.
    most = 2 if "take_next" in pair and pair != ("take_next", "take_next") else 1
    assert 1 <= len(accepted) <= most
    case = desk.seen()
    assert case.version == desk.case.version + len(accepted)
    assert desk.audited() - desk.before == len(accepted)
    assert len(kinds(case)) == 2 + len(accepted)


def test_of_eight_reports_on_the_same_one_opens_the_case_and_seven_join():
    place = make_place()
    results = at_once.run(
        *(partial(place.report, external_id=f"report-{n}") for n in range(THREADS))
    )

    _, refused = at_once.split(results)
    assert refused == []
    case = Case.objects.get()
    assert (case.flags.count(), case.version) == (THREADS, THREADS)
    assert sorted(kinds(case)) == ["FLAGGED"] * (THREADS - 1) + ["OPENED"]
    assert told(place.owner) == ["CASE_OPENED"]
    assert AuditEntry.objects.filter(action="flags.send").count() == THREADS


def test_of_eight_times_the_same_report_one_counts():
    place = make_place()
    results = at_once.run(*(partial(place.report, external_id="report-1") for _ in range(THREADS)))

    assert len({flag.pk for flag in results}) == 1
    assert (Case.objects.count(), Flag.objects.count(), Evidence.objects.count()) == (1, 1, 1)
    assert Case.objects.get().version == 1
    assert told(place.reporter) == ["REPORT_RECEIVED"]


def test_eight_people_who_take_the_next_get_eight_cases():
    place = make_place()
    rules = [RuleFactory(platform=place.platform) for _ in range(12)]
    for number, rule in enumerate(rules):
        CaseFactory(
            platform=place.platform,
            group=place.group,
            subject=place.member,
            rule=rule,
            state="WITH_STAFF",
            due_at=AT + timedelta(hours=number),
        )
    staff = [place.staff() for _ in range(THREADS)]

    taken = at_once.run(
        *(partial(cases.take_next, user=user, by=Actor.user(user), at=AT) for user in staff)
    )

    numbers = [case.number for case in taken]
    assert len(set(numbers)) == THREADS
    assigned = Case.objects.exclude(assignee=None)
    assert {case.number: case.assignee for case in assigned} == dict(
        zip(numbers, staff, strict=True)
    )


def test_eight_sweepers_escalate_each_overdue_case_once():
    place = make_place()
    overdue = [
        place.open_case(code=code, subject=subject)
        for code in ("R-1", "R-2", "R-4")
        for subject in (place.member, None)
    ]
    at = AT + timedelta(days=30)

    counts = at_once.run(
        *(partial(sweeps.escalate_cases, by=BY_TESTS, at=at, limit=100) for _ in range(THREADS))
    )

    assert sum(counts) == len(overdue)
    for case in overdue:
        assert kinds(case) == ["OPENED", "ESCALATED"]
    assert Notice.objects.filter(kind="CASE_ESCALATED", recipient=place.owner).count() == len(
        overdue
    )


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(microseconds=-1)])
def test_answer_and_deadline_at_once_end_in_one_state(moment):
    place = make_place()
    case = place.open_case()
    due, owner = case.due_at, place.owner
    at = due + moment
    answer = partial(
        cases.answer,
        case=Case.objects.select_related("rule", "group", "platform").get(pk=case.pk),
        version=case.version,
        account=owner,
        text="We removed them.",
        by=Actor.user(owner.user),
        at=at,
    )
    sweep = partial(sweeps.escalate_cases, by=BY_TESTS, at=at, limit=10)

    results = at_once.run(answer, *(sweep for _ in range(THREADS - 1)))

    done, refused = at_once.split(results)
    case.refresh_from_db()
    is_late = moment == timedelta(0)
    assert (case.state, case.version) == ("WITH_STAFF", 2)
    assert case.breached_at == (due if is_late else None)
    assert len(kinds(case)) == 2
    assert told(owner).count("CASE_ESCALATED") == kinds(case).count("ESCALATED")
    assert len(refused) == kinds(case).count("ESCALATED")
    assert sum(result for result in done if isinstance(result, int)) == len(refused)


def test_eight_mailers_claim_each_notice_once():
    for _ in range(30):
        NoticeFactory(mail_due_at=AT)

    claimed = at_once.run(
        *(partial(mail.claim, by=BY_TESTS, at=AT, limit=7) for _ in range(THREADS))
    )

    ids = [notice.pk for batch in claimed for notice in batch]
    assert len(ids) == len(set(ids)) == 30
