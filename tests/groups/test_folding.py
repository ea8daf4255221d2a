"""From role events to tenures: a pure function, so these tests need no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.folding import Baseline, Fact, fold

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA, BEN, CAI, DAO = (UUID(int=n) for n in range(1, 5))
NAMES = {ANA: "ana", BEN: "ben", CAI: "cai", DAO: "dao"}
CASE = UUID(int=77)


class Story:
    """Role events of one group, one a day unless `same_day`."""

    def __init__(self):
        self.facts = []

    def then(self, kind, account=None, role=None, *, same_day=False, cause=None):
        place = len(self.facts)
        last = self.facts[-1].at if self.facts else START
        at = last if same_day else last + timedelta(days=1)
        self.facts.append(
            Fact(
                key=UUID(int=1000 + place),
                kind=kind,
                at=at,
                sequence=place,
                account=account,
                role=role,
                actor=DAO,
                cause=cause,
                caused_by=CASE if cause else None,
            )
        )
        return self

    def owner(self, account, **more):
        return self.then("GRANTED", account, "OWNER", **more)

    def manager(self, account, **more):
        return self.then("GRANTED", account, "MANAGER", **more)

    def told(self):
        """Each tenure as "name ROLE from-to began ended", days since the start."""
        return sorted(
            (
                NAMES[span.account],
                span.role,
                (span.since - START).days,
                (span.until - START).days if span.until else None,
                str(span.began),
                str(span.ended) if span.ended else None,
            )
            for span in fold(self.facts).tenures
        )


def test_a_grant_begins_a_tenure_and_its_revocation_ends_it():
    story = Story().owner(ANA).then("REVOKED", ANA, "OWNER")

    assert story.told() == [("ana", "OWNER", 1, 2, "GRANTED", "REVOKED")]
    (span,) = fold(story.facts).tenures
    assert (span.began_by, span.began_event) == (DAO, UUID(int=1000))
    assert (span.ended_by, span.ended_event) == (DAO, UUID(int=1001))


def mirrored(fact, *, hours, key=2000, kind="REVOKED"):
    """What a platform did to carry out the decision behind `fact`."""
    at = fact.at + timedelta(hours=hours)
    return replace(fact, key=UUID(int=key), kind=kind, at=at, sequence=0, cause=None)


@pytest.mark.parametrize("hours", [-2, 2])
@pytest.mark.parametrize("kind", ["REVOKED", "REMOVED"])
def test_what_a_platform_does_to_carry_out_a_decision_changes_nothing(hours, kind):
    story = Story().owner(ANA).then("REVOKED", ANA, "OWNER", cause="DECISION")
    decided = story.told()

    story.facts.append(mirrored(story.facts[-1], hours=hours, kind=kind))

    assert story.told() == decided == [("ana", "OWNER", 1, 2, "GRANTED", "DECISION")]


def test_what_is_carried_out_after_the_reversal_ends_no_role_again():
    story = Story().owner(ANA).then("REVOKED", ANA, "OWNER", cause="DECISION")
    late = mirrored(story.facts[-1], hours=60)
    story.owner(ANA, cause="REVERSAL")

    story.facts.append(late)

    assert story.told()[-1] == ("ana", "OWNER", 3, None, "REINSTATED", None)


def test_what_a_platform_takes_from_others_for_a_decision_counts():
    story = Story().owner(ANA).manager(BEN).then("REVOKED", ANA, "OWNER", cause="DECISION")

    story.facts.append(replace(mirrored(story.facts[-1], hours=24), account=BEN, role="MANAGER"))

    assert ("ben", "MANAGER", 2, 4, "GRANTED", "REVOKED") in story.told()


def test_granting_the_same_role_again_changes_nothing():
    story = Story().manager(ANA).manager(ANA).owner(BEN).owner(BEN)

    assert story.told() == [
        ("ana", "MANAGER", 1, None, "GRANTED", None),
        ("ben", "OWNER", 3, None, "GRANTED", None),
    ]


def test_revoking_a_role_that_is_not_held_changes_nothing():
    story = Story().then("REVOKED", ANA, "OWNER").manager(ANA).then("REVOKED", ANA, "OWNER")

    assert story.told() == [("ana", "MANAGER", 2, None, "GRANTED", None)]


def test_another_role_replaces_the_one_held():
    story = Story().manager(ANA).owner(ANA).manager(ANA)

    assert story.told() == [
        ("ana", "MANAGER", 1, 2, "GRANTED", "CHANGED_ROLE"),
        ("ana", "MANAGER", 3, None, "GRANTED", None),
        ("ana", "OWNER", 2, 3, "GRANTED", "CHANGED_ROLE"),
    ]


def test_of_several_owners_the_first_answers_and_the_others_are_co_owners():
    story = Story().owner(ANA).owner(BEN, same_day=True).owner(CAI)

    assert story.told() == [
        ("ana", "OWNER", 1, None, "GRANTED", None),
        ("ben", "CO_OWNER", 1, None, "GRANTED", None),
        ("cai", "CO_OWNER", 2, None, "GRANTED", None),
    ]


def test_the_longest_serving_co_owner_succeeds_when_the_owner_goes():
    story = Story().owner(ANA).owner(BEN).owner(CAI).then("LEFT", ANA)

    assert story.told() == [
        ("ana", "OWNER", 1, 4, "GRANTED", "LEFT"),
        ("ben", "CO_OWNER", 2, 4, "GRANTED", "SUCCEEDED"),
        ("ben", "OWNER", 4, None, "SUCCEEDED", None),
        ("cai", "CO_OWNER", 3, None, "GRANTED", None),
    ]


def test_an_owner_who_becomes_a_manager_is_succeeded_too():
    story = Story().owner(ANA).owner(BEN).manager(ANA)

    assert story.told() == [
        ("ana", "MANAGER", 3, None, "GRANTED", None),
        ("ana", "OWNER", 1, 3, "GRANTED", "CHANGED_ROLE"),
        ("ben", "CO_OWNER", 2, 3, "GRANTED", "SUCCEEDED"),
        ("ben", "OWNER", 3, None, "SUCCEEDED", None),
    ]


def test_leaving_and_removal_end_whatever_role_is_held():
    story = Story().owner(ANA).manager(BEN).then("REMOVED", BEN).then("LEFT", ANA).then("LEFT", CAI)

    assert story.told() == [
        ("ana", "OWNER", 1, 4, "GRANTED", "LEFT"),
        ("ben", "MANAGER", 2, 3, "GRANTED", "REMOVED"),
    ]


def test_archiving_ends_all_tenures_and_nobody_succeeds():
    story = Story().owner(ANA).owner(BEN).manager(CAI).then("ARCHIVED")

    assert story.told() == [
        ("ana", "OWNER", 1, 4, "GRANTED", "GROUP_ARCHIVED"),
        ("ben", "CO_OWNER", 2, 4, "GRANTED", "GROUP_ARCHIVED"),
        ("cai", "MANAGER", 3, 4, "GRANTED", "GROUP_ARCHIVED"),
    ]
    assert fold(story.facts).archived_at == START + timedelta(days=4)


def test_a_restored_group_is_not_archived_and_begins_without_roles():
    story = Story().owner(ANA).then("ARCHIVED").then("RESTORED")

    assert fold(story.facts).archived_at is None
    assert story.told() == [("ana", "OWNER", 1, 2, "GRANTED", "GROUP_ARCHIVED")]


def test_a_tenure_of_no_length_vanishes_but_what_it_led_to_stays():
    story = Story().owner(ANA).owner(BEN)
    story.then("REVOKED", ANA, "OWNER").then("REVOKED", BEN, "OWNER", same_day=True)

    assert story.told() == [
        ("ana", "OWNER", 1, 3, "GRANTED", "REVOKED"),
        ("ben", "CO_OWNER", 2, 3, "GRANTED", "REVOKED"),
    ]


def test_a_decision_ends_a_tenure_and_says_so():
    story = Story().owner(ANA).owner(BEN).then("REVOKED", ANA, "OWNER", cause="DECISION")

    assert story.told() == [
        ("ana", "OWNER", 1, 3, "GRANTED", "DECISION"),
        ("ben", "CO_OWNER", 2, 3, "GRANTED", "SUCCEEDED"),
        ("ben", "OWNER", 3, None, "SUCCEEDED", None),
    ]


def test_a_reinstated_owner_takes_over_from_whoever_stood_in():
    story = Story().owner(ANA).owner(BEN).owner(CAI)
    story.then("REVOKED", ANA, "OWNER", cause="DECISION").then("LEFT", BEN)
    story.owner(ANA, cause="REVERSAL")

    assert story.told() == [
        ("ana", "OWNER", 1, 4, "GRANTED", "DECISION"),
        ("ana", "OWNER", 6, None, "REINSTATED", None),
        ("ben", "CO_OWNER", 2, 4, "GRANTED", "SUCCEEDED"),
        ("ben", "OWNER", 4, 5, "SUCCEEDED", "LEFT"),
        ("cai", "CO_OWNER", 3, 5, "GRANTED", "SUCCEEDED"),
        ("cai", "CO_OWNER", 6, None, "STEPPED_BACK", None),
        ("cai", "OWNER", 5, 6, "SUCCEEDED", "CHANGED_ROLE"),
    ]


def test_a_reinstated_owner_comes_back_beside_one_whom_the_platform_chose():
    story = Story().owner(ANA).then("REVOKED", ANA, "OWNER", cause="DECISION").owner(BEN)
    story.owner(ANA, cause="REVERSAL")

    assert story.told() == [
        ("ana", "CO_OWNER", 4, None, "REINSTATED", None),
        ("ana", "OWNER", 1, 2, "GRANTED", "DECISION"),
        ("ben", "OWNER", 3, None, "GRANTED", None),
    ]


def test_nobody_is_reinstated_in_an_archived_group():
    story = Story().manager(ANA).then("REVOKED", ANA, "MANAGER", cause="DECISION")
    story.then("ARCHIVED").manager(ANA, cause="REVERSAL").owner(ANA, cause="REVERSAL")

    assert story.told() == [("ana", "MANAGER", 1, 2, "GRANTED", "DECISION")]


def test_a_transfer_makes_the_new_owner_at_the_instant_the_old_one_goes():
    story = Story().owner(ANA).owner(BEN).owner(CAI, cause="TRANSFER")
    story.then("REVOKED", ANA, "OWNER", same_day=True, cause="TRANSFER")

    assert story.told() == [
        ("ana", "OWNER", 1, 3, "GRANTED", "TRANSFERRED"),
        ("ben", "CO_OWNER", 2, None, "GRANTED", None),
        ("cai", "OWNER", 3, None, "TRANSFERRED", None),
    ]


kinds = st.one_of(
    st.tuples(st.just("GRANTED"), st.sampled_from(["OWNER", "MANAGER"])),
    st.tuples(st.just("REVOKED"), st.sampled_from(["OWNER", "MANAGER"])),
    st.tuples(st.sampled_from(["LEFT", "REMOVED", "ARCHIVED", "RESTORED"]), st.none()),
)
causes = {
    "GRANTED": st.sampled_from([None] * 4 + ["REVERSAL", "TRANSFER", "CLAIM"]),
    "REVOKED": st.sampled_from([None] * 4 + ["DECISION", "TRANSFER"]),
}


@st.composite
def facts(draw):
    """Up to thirty events of four people, several at one instant."""
    found = []
    for place in range(draw(st.integers(0, 30))):
        kind, role = draw(kinds)
        cause = draw(causes[kind]) if role else None
        found.append(
            Fact(
                key=UUID(int=5000 + place),
                kind=kind,
                role=role,
                account=None
                if kind in ("ARCHIVED", "RESTORED")
                else draw(st.sampled_from([*NAMES])),
                at=START + timedelta(days=draw(st.integers(0, 12))),
                sequence=draw(st.integers(0, 3)),
                cause=cause,
                caused_by=CASE if cause else None,
            )
        )
    return found


@settings(max_examples=200, deadline=None)
@given(facts(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_arrival_gives_the_same_tenures(found, random):
    shuffled = found + random.sample(found, k=len(found) // 2)
    random.shuffle(shuffled)

    assert fold(shuffled) == fold(found)


@settings(max_examples=200, deadline=None)
@given(facts())
def test_there_is_one_owner_at_any_instant_and_no_gap_while_a_co_owner_exists(found):
    spans = fold(found).tenures

    for day in range(14):
        at = START + timedelta(days=day, hours=12)
        held = [s for s in spans if s.since <= at and (s.until is None or at < s.until)]
        roles = [span.role for span in held]
        assert roles.count("OWNER") <= 1
        assert "OWNER" in roles or "CO_OWNER" not in roles
        assert len({span.account for span in held}) == len(held)


@settings(max_examples=200, deadline=None)
@given(facts())
def test_every_tenure_lasts_some_time_and_says_how_it_began_and_ended(found):
    keys = {fact.key for fact in found}

    for span in fold(found).tenures:
        assert span.until is None or span.since < span.until
        assert span.began_event in keys
        assert (span.until is None) == (span.ended is None) == (span.ended_event is None)


@settings(max_examples=200, deadline=None)
@given(facts(), st.integers(0, 12))
def test_later_events_never_change_what_was_before_them(found, day):
    """What can still change of an earlier tenure is its end."""
    cut = START + timedelta(days=day)
    before = fold([fact for fact in found if fact.at < cut]).tenures
    after = fold(found).tenures

    began = {(s.account, s.role, s.since) for s in after if s.since < cut}
    assert {(s.account, s.role, s.since) for s in before} == began
    ended = {(s.account, s.role, s.since, s.until) for s in after}
    assert {(s.account, s.role, s.since, s.until) for s in before if s.until} <= ended


@settings(max_examples=300, deadline=None)
@given(facts(), st.integers(0, 13), st.randoms(use_true_random=False))
def test_a_baseline_stands_for_all_that_was_before_it(found, day, random):
    """The purge deletes what led to the tenures of an instant, and nothing later changes.

    Not who succeeds, nor whom a reinstated owner takes over from.
    """
    cut = START + timedelta(days=day)
    before, whole = fold([fact for fact in found if fact.at < cut]), fold(found)
    held = [span for span in before.tenures if span.until is None]
    baseline = Baseline(cut, random.sample(held, k=len(held)), before.archived_at)

    kept = fold([fact for fact in found if fact.at >= cut], baseline=baseline)

    later = [span for span in whole.tenures if span.until is None or span.until >= cut]
    assert sorted(kept.tenures, key=_key) == sorted(later, key=_key)
    assert kept.archived_at == whole.archived_at


def _key(span):
    return span.since, span.account, span.role
