"""Points come back for time without a further finding, and for reports answered in time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit import policy as policies
from credit import queries, verification
from credit.actions import ledger, standings
from credit.models import LedgerEntry, Policy, Standing
from credit.record import Record
from credit.restoration import Cause
from groups.models import Decision
from portal.core.actors import Actor
from portal.core.models import OutboxEvent
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.base import AT
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory


@pytest.fixture
def account(platform):
    PolicyFactory(platform=platform, version=1, document=giving(HIGH=120, MEDIUM=60, duties=30))
    return AccountFactory(platform=platform)


def day(number):
    return AT + timedelta(days=number)


def scores(account, *days):
    return [findings.score(account, day(number)) for number in days]


def restore(account, *, at):
    found = findings.decision(account, points=0, outcome=Decision.Outcome.OWNER_HANDLED, at=at)
    return ledger.restore_for_duty(
        account=account,
        decision_id=found.pk,
        decided_by=found.decided_by,
        by=Actor.user(found.decided_by),
        at=at,
    )


def steps(account, *, at=AT):
    return [
        ((step.at - AT).days, step.score)
        for step in queries.get_standing(account=account, at=at).forecast
    ]


@pytest.mark.django_db
class TestByTime:
    def test_a_point_comes_back_after_each_so_many_days(self, account):
        findings.penalty(account, severity="HIGH")

        assert steps(account) == [(120, 9), (240, 10), (360, 11), (365, 12)]
        assert scores(account, 0, 119, 120, 240, 360, 364, 365) == [8, 8, 9, 10, 11, 11, 12]

    def test_never_more_than_the_finding_took(self, account):
        findings.penalty(account, severity="MEDIUM")

        assert steps(account) == [(60, 11), (120, 12)]
        assert scores(account, 119, 120, 179, 180, 200) == [11, 12, 12, 12, 12]

    def test_what_the_policy_gave_when_it_was_posted_stays(self, account):
        findings.penalty(account, severity="MEDIUM")
        other = findings.next_version(account.platform, giving(), at=day(1))

        findings.penalty(
            AccountFactory(platform=account.platform),
            severity="MEDIUM",
            at=day(2),
            policy=other,
        )

        assert steps(account, at=day(2)) == [(60, 11), (120, 12)]
        assert LedgerEntry.objects.filter(kind="RESTORATION").count() == 2

    def test_a_further_finding_ends_it_and_what_came_back_stays(self, account):
        findings.penalty(account, severity="HIGH")
        findings.penalty(account, severity="MEDIUM", at=day(130))

        assert scores(account, 129, 130, 189) == [9, 7, 7]
        # The later one gives its two back; of the first, three count until they expire.
        assert steps(account, at=day(130)) == [(190, 8), (250, 9), (365, 12)]

    def test_a_warning_ends_it_too(self, account):
        findings.penalty(account, severity="HIGH")
        findings.penalty(account, severity="LOW", points=0, at=day(10))

        assert steps(account, at=day(10)) == [(365, 12)]

    def test_on_the_very_day_it_still_comes(self, account):
        findings.penalty(account, severity="HIGH")
        findings.penalty(account, severity="MEDIUM", at=day(120))

        assert scores(account, 120) == [7]

    def test_a_reversal_takes_what_came_back_with_it(self, account):
        entry = findings.penalty(account, severity="HIGH").entry
        findings.reverse(entry, at=day(130))

        assert scores(account, 119, 120, 130, 240, 364, 365, 500) == [8, 9, 12, 12, 12, 12, 12]
        assert queries.get_standing(account=account, at=day(130)).points_missing == 0
        assert sum(e.points for e in LedgerEntry.objects.all()) == 0

    def test_the_reversal_of_the_further_finding_lets_it_come_after_all(self, account):
        findings.penalty(account, severity="HIGH")
        further = findings.penalty(account, severity="MEDIUM", at=day(100)).entry
        findings.reverse(further, at=day(200))

        # The one of day 120 could not come before.
        assert scores(account, 100, 199, 200, 240) == [6, 7, 9, 10]
        assert steps(account, at=day(200)) == [(240, 10), (360, 11), (365, 12)]

    def test_nothing_comes_of_what_has_expired_meanwhile(self, account):
        findings.penalty(account, severity="HIGH")
        further = findings.penalty(account, severity="CRITICAL", at=day(100)).entry
        findings.reverse(further, at=day(400))

        assert scores(account, 364, 365, 399, 400) == [0, 2, 2, 12]
        assert LedgerEntry.objects.filter(kind="RESTORATION").count() == 3

    def test_the_clock_of_a_finding_replaced_on_appeal_goes_on(self, account):
        first = findings.penalty(account, severity="HIGH").entry
        findings.reverse(first, at=day(130))
        found = findings.decision(account, points=-3, severity="HIGH", at=day(130))
        ledger.post_penalty(
            account=account,
            severity="HIGH",
            points=-3,
            decision_id=found.pk,
            policy=findings.active_policy(account.platform),
            posted_by=found.decided_by,
            reason="R-101",
            not_after=first.expires_at,
            found_at=first.since,
            by=Actor.user(found.decided_by),
            at=day(130),
        )

        assert steps(account, at=day(130)) == [(240, 11), (360, 12)]
        assert scores(account, 130) == [10]

    def test_the_standing_follows_and_the_platform_hears_of_it(self, account):
        for number in range(2):
            findings.penalty(account, severity="HIGH", at=day(number))
        assert Standing.objects.get().tier == "Limited"
        told = OutboxEvent.objects.count()

        for number in (121, 241, 361):
            by = Actor.system("tests")
            assert standings.refresh_due(by=by, at=day(number), limit=10) == 1
            stored = Standing.objects.get()
            assert stored.score == findings.score(account, day(number))
            assert verification.verify().differences == []

        assert Standing.objects.get().tier == "Under watch"
        assert OutboxEvent.objects.count() == told + 1

    def test_what_a_finding_would_do_knows_what_it_puts_off(self, account):
        findings.penalty(account, severity="HIGH")
        said = queries.preview(
            account=account, points=-2, sanctions=[], severity="MEDIUM", at=day(100)
        )
        findings.penalty(account, severity="MEDIUM", at=day(100))

        found = queries.get_standing(account=account, at=day(100))
        assert said.after.forecast == found.forecast


@pytest.mark.django_db
class TestForDuties:
    def test_a_handled_report_gives_a_point_back(self, account):
        findings.penalty(account, severity="HIGH")
        change = restore(account, at=day(10))

        assert (change.entry.kind, change.entry.posted_by) == ("RESTORATION", None)
        assert scores(account, 9, 10, 120, 240, 360, 365) == [8, 9, 10, 11, 12, 12]

    def test_it_expires_with_the_finding_and_never_exceeds_it(self, account):
        findings.penalty(account, severity="MEDIUM")
        restore(account, at=day(10))
        restore(account, at=day(40))

        # Both points are back: those that time would have brought are put off.
        assert scores(account, 10, 40, 60, 120, 180) == [11, 12, 12, 12, 12]
        live = LedgerEntry.objects.filter(kind="RESTORATION", reversed_by=None)
        assert [e.effective_at for e in live.order_by("effective_at")] == [day(10), day(40)]
        findings.penalty(account, severity="HIGH", at=day(50))
        assert scores(account, 50) == [8]

    def test_at_most_one_in_so_many_days(self, account):
        findings.penalty(account, severity="HIGH")

        assert restore(account, at=day(10)) is not None
        assert restore(account, at=day(39)) is None
        assert restore(account, at=day(40)) is not None

    def test_none_where_nothing_is_missing(self, account):
        assert restore(account, at=AT) is None
        entry = findings.penalty(account, severity="HIGH").entry
        findings.reverse(entry)
        assert restore(account, at=day(1)) is None
        findings.penalty(account, severity="LOW", points=0, at=day(2))
        assert restore(account, at=day(3)) is None

    def test_none_beyond_what_two_people_gave_back(self, account):
        findings.penalty(account, severity="MEDIUM")
        findings.give_back(account, 2, until=day(180))
        assert restore(account, at=day(1)) is None

    def test_none_where_the_policy_gives_none(self, platform):
        PolicyFactory(platform=platform, version=1, document=giving())
        account = AccountFactory(platform=platform)
        findings.penalty(account, severity="HIGH")
        assert restore(account, at=day(1)) is None

    def test_it_leaves_with_its_finding(self, account):
        entry = findings.penalty(account, severity="HIGH").entry
        restore(account, at=day(10))
        findings.reverse(entry, at=day(20))

        assert scores(account, 10, 20, 364) == [9, 12, 12]
        assert queries.get_standing(account=account, at=day(20)).points_missing == 0


# What happens, and so many days after what happened before.
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(["LOW", "MEDIUM", "HIGH", "CRITICAL", "reverse", "reverse the last"]),
    ),
    max_size=8,
)
TERMS = st.fixed_dictionaries(
    {
        name: st.none() | st.integers(1, days - 1)
        for name, days in (("LOW", 90), ("MEDIUM", 180), ("HIGH", 365), ("CRITICAL", 730))
    }
)


@given(events=EVENTS, terms=TERMS)
def test_what_comes_is_what_the_findings_say(events, terms):
    """A model counts days; the entries add up to the same at every later moment."""
    policy = Policy(document=giving(**terms), state="ACTIVE")
    record, now, known = Record(policy), AT, []
    for days, what in events:
        now += timedelta(days=days)
        open_ones = [one for one in known if not one["undone"]]
        if what in policies.SEVERITIES:
            penalty = record.penalty(what, now)
            finding = record.finding(what, penalty.points, at=now)
            record = record.with_finding(finding)
            known.append({"entry": finding, "undone": False, "every": terms[what]})
        elif open_ones:
            one = open_ones[-1 if what == "reverse the last" else 0]
            one["undone"], entry = True, one["entry"]
            reversal = LedgerEntry(
                kind="REVERSAL",
                points=-entry.points,
                effective_at=min(now, entry.expires_at),
                expires_at=entry.expires_at,
                reverses=entry,
            )
            record = record.with_entries(reversal).settled(Cause(), now)

    standing = [one for one in known if not one["undone"]]
    for moment in [now + timedelta(days=number) for number in range(0, 800, 20)]:
        expected = 0
        for one, following in zip(standing, [*standing[1:], None], strict=False):
            entry = one["entry"]
            if entry.expires_at <= moment:
                continue
            end = min(moment, following["entry"].effective_at if following else moment)
            whole = (end - entry.effective_at).days // one["every"] if one["every"] else 0
            expected += entry.points + min(whole, -entry.points)
        assert sum(e.points for e in record.standing(moment).entries) == expected
    for one in known:
        given_back = [e for e in record.entries if e.restores_id == one["entry"].pk]
        undone = {e.reverses_id for e in record.entries}
        left = sum(e.points for e in given_back if e.pk not in undone)
        assert left <= (0 if one["undone"] else -one["entry"].points)
