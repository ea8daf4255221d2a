"""What a simulation counts in one statement is what each account's ledger says, one by one."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit import fold, queries, restoration, simulation
from credit import policy as policies
from credit.actions import ledger
from credit.models import LedgerEntry, Policy
from credit.record import Record
from credit.restoration import Cause
from groups.models import Decision
from portal.core.actors import Actor
from portal.core.ids import uuid7
from tests.credit import findings
from tests.credit.documents import giving
from tests.credit.findings import SYSTEM
from tests.credit.test_simulation import DAY, SEVERITIES, named, stricter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory
from tests.sizes import size

pytestmark = pytest.mark.django_db


class TestAHighFinding:
    """It was made 130 days ago and costs four points; most versions give one back in 50 days."""

    @pytest.fixture
    def finding(self, platform):
        PolicyFactory(platform=platform, version=1, document=giving(HIGH=30, duties=10))
        account = AccountFactory(platform=platform)
        return findings.penalty(account, severity="HIGH", at=AT - 130 * DAY).entry

    def scores(self, finding, **every):
        """On the day, and had it always been so."""
        document = giving(**every)
        document["tiers"] = [
            {"name": str(least), "at_least": least, "meaning": "", "privileges": []}
            for least in range(12, 3, -1)
        ] + [{"name": "0", "at_least": 0, "meaning": "", "privileges": []}]
        against = findings.active_policy(finding.platform)
        found = simulation.run(document=policies.parse(document), against=against, at=AT)
        [cell] = found.cells
        tiers = found.after.tiers
        return tiers[cell.after].name, tiers[cell.always].name

    def test_has_two_back_and_what_was_posted_gives_four(self, finding):
        assert self.scores(finding, HIGH=50) == ("12", "10")

    def test_has_none_back_where_the_version_gives_none(self, finding):
        assert self.scores(finding) == ("12", "8")

    def test_has_no_more_back_than_it_took(self, finding):
        assert self.scores(finding, HIGH=10) == ("12", "12")

    def test_has_one_back_until_the_next_finding(self, finding):
        findings.penalty(finding.account, severity="MEDIUM", at=AT - 80 * DAY)

        # Of the four that were posted one had come by then, and the others were put off.
        assert self.scores(finding, HIGH=50) == ("7", "7")

    def test_has_one_back_until_a_next_finding_that_counts_no_longer(self, platform):
        PolicyFactory(platform=platform, version=1)
        account = AccountFactory(platform=platform)
        finding = findings.penalty(account, severity="HIGH", at=AT - 300 * DAY).entry
        findings.penalty(account, severity="LOW", at=AT - 240 * DAY)

        assert self.scores(finding, HIGH=50) == ("8", "9")

    def test_has_two_back_where_the_next_finding_was_reversed(self, finding):
        later = findings.penalty(finding.account, severity="MEDIUM", at=AT - 80 * DAY).entry
        findings.reverse(later, at=AT - DAY)

        assert self.scores(finding, HIGH=50) == ("12", "10")

    def test_has_two_back_where_an_appeal_made_the_finding_anew(self, finding):
        findings.reverse(finding, at=AT - 20 * DAY)
        post(finding.account, "HIGH", instead_of=finding, at=AT - 20 * DAY)

        assert self.scores(finding, HIGH=50) == ("12", "10")

    def test_has_one_more_back_for_a_handled_report_where_the_version_gives_any(self, finding):
        handle(finding.account, at=AT - 120 * DAY)

        assert self.scores(finding, HIGH=50, duties=5) == ("12", "11")
        assert self.scores(finding, HIGH=50) == ("12", "10")
        assert self.scores(finding, duties=5) == ("12", "9")


def replay(account, document, at):
    """The tier had the policy always been so: each finding in turn, by the code for one account."""
    record = queries.get_record(account=account, at=at)
    again = Record(policy=Policy(document=document, state="DRAFT", platform=account.platform))
    undone, imagined = record.reversed_ids, {}
    told = [e for e in record.entries if e.pk not in undone]
    for entry in sorted(told, key=lambda one: (one.since, one.sequence)):
        if entry.kind == "PENALTY":
            cost = again.penalty(entry.severity, entry.since)
            finding = again.finding(entry.severity, cost.points, at=entry.since)
            finding.decision_id, finding.sequence = entry.decision_id, entry.sequence
            imagined[entry.pk] = finding
            again = again.with_finding(finding)
        elif restoration.is_for_duty(entry, record.entries) and fold.counts_at(entry, at):
            again = with_duty(again, imagined[entry.restores_id], entry.effective_at)
    return again.standing(at).tier


def with_duty(record, finding, at):
    """Give a point of a finding back for a report that was handled, if all are not back by then."""
    back = [e for e in record.entries if e.restores_id == finding.pk and e.effective_at <= at]
    took = -finding.points - sum(e.pk not in record.reversed_ids for e in back)
    if record.document.duties is None or not took:
        return record
    point = LedgerEntry(
        kind="RESTORATION",
        points=1,
        restores=finding,
        effective_at=at,
        expires_at=finding.expires_at,
        decision_id=uuid7(),
    )
    return record.with_entries(point).settled(Cause(), at)


def tell(accounts, story):
    """Let what happened to the accounts happen in order of time."""
    happened = []
    for place, (number, days, severity, undone_after, instead) in enumerate(story):
        at = AT - days * DAY - timedelta(hours=number)
        happened.append((at, place, accounts[number], severity))
        undone_at = at + undone_after * DAY
        if severity != "HANDLED" and undone_at <= AT:
            happened.append((undone_at, place, accounts[number], instead))
    posted = {}
    for at, place, account, what in sorted(happened, key=lambda one: one[:2]):
        if what == "HANDLED":
            handle(account, at=at)
            continue
        former = posted.get(place)
        if former is not None:
            findings.reverse(former, at=at)
        if what is not None:
            posted[place] = post(account, what, instead_of=former, at=at)


def post(account, severity, *, instead_of, at):
    cost = queries.get_penalty(account=account, severity=severity, at=at)
    found = findings.decision(account, points=cost.points, at=at, severity=severity)
    return ledger.post_penalty(
        account=account,
        severity=severity,
        points=cost.points,
        decision_id=found.pk,
        policy=findings.active_policy(account.platform),
        posted_by=found.decided_by,
        reason="R-101 Scams",
        by=Actor.user(found.decided_by),
        at=at,
        not_after=instead_of and instead_of.expires_at,
        found_at=instead_of and instead_of.since,
    ).entry


def handle(account, *, at):
    found = findings.decision(account, points=0, outcome=Decision.Outcome.OWNER_HANDLED, at=at)
    ledger.restore_for_duty(
        account=account, decision_id=found.pk, decided_by=found.decided_by, by=SYSTEM, at=at
    )


BACK = st.sampled_from([None, None, 9, 25])
NEVER = 1000
STORY = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 200) | st.integers(0, 800),
        st.sampled_from([*SEVERITIES, "HANDLED", "HANDLED"]),
        st.sampled_from([NEVER, NEVER, NEVER, 0, 40, 300]),
        st.sampled_from([None, None, "LOW", "HIGH"]),
    ),
    max_size=14,
)


@settings(
    max_examples=size(every_run=40, release=600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    story=STORY,
    posted_under=st.sampled_from([giving(), giving(HIGH=50, MEDIUM=30, CRITICAL=70, duties=10)]),
    low=st.sampled_from([(1, 30), (1, 90), (2, 200)]),
    medium=st.sampled_from([(2, 200), (3, 250)]),
    back=st.tuples(BACK, BACK, BACK, BACK),
    duties=st.booleans(),
)
def test_one_statement_finds_what_the_accounts_say_one_by_one(
    story, posted_under, low, medium, back, duties
):
    with transaction.atomic():
        platform = PlatformFactory()
        against = PolicyFactory(platform=platform, version=1, document=posted_under)
        accounts = [AccountFactory(platform=platform) for _ in range(3)]
        tell(accounts, story)
        document = stricter(LOW=low, MEDIUM=medium)
        document["first_low_finding"] = {"lifetime_days": low[1]}
        document["duties"] = {"restored_every_days": 5} if duties else None
        for terms, days in zip(document["severities"].values(), back, strict=True):
            terms["restored_every_days"] = days
        # As many tiers as there may be, so that few scores look alike.
        document["tiers"] = [
            {"name": f"From {least}", "at_least": least, "meaning": "", "privileges": []}
            for least in (12, 11, 10, 9, 8, 7, 6, 5, 3, 0)
        ]

        found = simulation.run(document=policies.parse(document), against=against, at=AT)

        tried = Policy(document=document, state="DRAFT")
        on_the_day, always = Counter(), Counter()
        for account in accounts:
            record = queries.get_record(account=account, at=AT)
            now = record.standing(AT).tier
            on_the_day[now, replace(record, policy=tried).standing(AT).tier] += 1
            always[now, replay(account, document, AT)] += 1
        assert named(found, found.moves()) == on_the_day
        assert named(found, found.moves(always=True)) == always
        transaction.set_rollback(True)
