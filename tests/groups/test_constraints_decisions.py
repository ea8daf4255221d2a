"""Each constraint and trigger of decisions, measures and appeals, broken once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from groups.models import Appeal, Decision, Measure
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory
from tests.factories.groups import (
    AppealFactory,
    CaseFactory,
    DecisionFactory,
    FlagFactory,
    GroupFactory,
    TenureFactory,
)
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def breaks(name, write):
    with pytest.raises(IntegrityError, match=name), fixture_rows():
        write()


def put(write):
    """Do it as a fixture. Factories in the arguments have run before: they end the exemption."""
    with fixture_rows():
        return write()


def change(record, **fields):
    """By the ORM's update, which asks no action; raw SQL meets the same triggers."""
    return lambda: type(record).objects.filter(pk=record.pk).update(**fields)


def held(**fields):
    return DecisionFactory(needs_approval=True, effective_at=None, **fields)


@pytest.fixture
def decision(db):
    return DecisionFactory()


# Decisions


def test_a_decision_has_exactly_one_subject(decision):
    name = "a_decision_has_exactly_one_subject"
    breaks(name, lambda: DecisionFactory(subject_account=None, points=0))
    breaks(name, lambda: DecisionFactory(subject_group=GroupFactory()))


def test_decider_and_approver_are_two_people():
    decision = held()
    name = "decider_and_approver_are_two_people"
    both = {"approved_at": AT, "effective_at": AT}
    breaks(name, change(decision, approved_by=decision.decided_by, **both))

    def in_plain_sql():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE groups_decision SET approved_by_id = decided_by_id, approved_at = now(),"
                " effective_at = now(), appealable_until = now() + interval '1 day'"
                " WHERE id = %s",
                [decision.pk],
            )

    breaks(name, in_plain_sql)


def test_decider_and_returner_are_two_people():
    decision = held()
    fields = {"returned_at": AT, "return_reason": "No.", "returned_by": decision.decided_by}
    breaks("decider_and_returner_are_two_people", change(decision, **fields))


def test_a_decision_is_approved_by_whom_and_when():
    fields = {"approved_by": UserFactory(), "effective_at": AT}
    breaks("a_decision_is_approved_by_whom_and_when", change(held(), **fields))


def test_a_decision_is_returned_by_whom_when_and_why():
    breaks(
        "a_decision_is_returned_by_whom_when_and_why",
        change(held(), returned_by=UserFactory(), returned_at=AT),
    )


def test_a_held_decision_takes_effect_only_when_approved():
    breaks("a_held_decision_takes_effect_only_when_approved", change(held(), effective_at=AT))


def test_approval_puts_a_decision_into_effect():
    fields = {"approved_by": UserFactory(), "approved_at": AT}
    breaks("approval_puts_a_decision_into_effect", change(held(), **fields))


def test_a_returned_decision_never_takes_effect():
    returned = {"returned_by": UserFactory(), "returned_at": AT, "return_reason": "No."}
    approved = {"approved_by": UserFactory(), "approved_at": AT, "effective_at": AT}
    breaks("a_returned_decision_never_takes_effect", change(held(), **returned, **approved))


def test_a_decision_states_facts_and_reasons():
    breaks("a_decision_states_facts_and_reasons", lambda: DecisionFactory(facts=""))
    breaks("a_decision_states_facts_and_reasons", lambda: DecisionFactory(reasons=""))


def test_only_measures_against_an_account_cost_points():
    name = "only_measures_against_an_account_cost_points"
    breaks(name, lambda: DecisionFactory(outcome="DISMISSED"))
    breaks(name, lambda: DecisionFactory(points=2))
    breaks(name, lambda: DecisionFactory(subject_account=None, subject_group=GroupFactory()))


def test_an_illegal_ground_names_the_law():
    breaks("an_illegal_ground_names_the_law", lambda: DecisionFactory(ground="ILLEGAL_CONTENT"))


def test_a_decision_in_effect_says_until_when_it_can_be_appealed():
    name = "a_decision_in_effect_says_until_when_it_can_be_appealed"
    breaks(name, lambda: DecisionFactory(appealable_until=AT))
    breaks(name, lambda: DecisionFactory(appealable_until=None))


def test_a_case_has_one_first_decision(decision):
    breaks("a_case_has_one_first_decision", lambda: DecisionFactory(case=decision.case))


def test_a_decision_is_overridden_once(decision):
    DecisionFactory(case=decision.case, overrides=decision)
    breaks("overrides_id", lambda: DecisionFactory(case=decision.case, overrides=decision))


def test_a_returned_decision_overrides_nothing(decision):
    override = held(case=decision.case, overrides=decision)
    returned = {"returned_by": UserFactory(), "returned_at": AT, "return_reason": "No."}
    breaks("a_returned_decision_overrides_nothing", change(override, **returned))
    put(change(override, **returned, overrides=None))


def test_an_override_lets_go_only_when_returned(decision):
    override = held(case=decision.case, overrides=decision)
    breaks("an_override_lets_go_only_when_returned", change(override, overrides=None))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outcome", "OWNER_HANDLED"),
        ("facts", "Others."),
        ("reasons", "Others."),
        ("points", 0),
        ("legal_ground", "A law"),
        ("foreseen", {"points": 0}),
        ("decided_at", AT),
        ("needs_approval", True),
        ("dsa_category", "STATEMENT_CATEGORY_VIOLENCE"),
        ("noticed_at", AT - timedelta(days=9)),
    ],
)
def test_a_decision_is_never_rewritten(decision, field, value):
    breaks("a_decision_is_never_rewritten", change(decision, **{field: value}))


def test_who_decided_what_about_whom_is_never_rewritten(decision):
    name = "a_decision_is_never_rewritten"
    breaks(name, change(decision, decided_by=UserFactory()))
    breaks(name, change(decision, case=CaseFactory()))
    breaks(name, change(decision, subject_account=AccountFactory()))
    breaks(name, change(decision, policy=PolicyFactory()))


def test_a_decision_in_effect_stays_in_effect(decision):
    name = "a_decision_in_effect_stays_in_effect"
    breaks(name, change(decision, effective_at=None))
    breaks(name, change(decision, appealable_until=AT + timedelta(days=3)))


def test_a_returned_decision_stays_returned():
    decision = held()
    put(change(decision, returned_by=UserFactory(), returned_at=AT, return_reason="No."))
    breaks(
        "a_returned_decision_stays_returned",
        change(decision, returned_by=None, returned_at=None, return_reason=None),
    )


def test_a_decision_is_deleted_by_the_purge_only(decision):
    name = "a_decision_is_deleted_by_the_purge_only"
    breaks(name, lambda: Decision.objects.filter(pk=decision.pk).delete())
    with fixture_rows(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL accord.purging = 'on'")
        assert Decision.objects.filter(pk=decision.pk).delete()[0] == 1


def test_nobody_decides_on_their_own_account_or_group():
    name = "nobody_decides_on_their_own_account_or_group"
    case = CaseFactory()
    own = AccountFactory(platform=case.platform, user=UserFactory())
    TenureFactory(group=case.group, account=own, role="MANAGER")
    breaks(name, lambda: DecisionFactory(case=case, decided_by=own.user))

    decision = held()
    subject = decision.subject_account
    with fixture_rows():
        subject.user = UserFactory()
        subject.save()
    fields = {"approved_by": subject.user, "approved_at": AT, "effective_at": AT}
    breaks(name, change(decision, **fields))


def test_an_override_is_decided_by_other_people(decision):
    name = "an_override_is_decided_by_other_people"
    case, first = decision.case, decision.decided_by
    breaks(name, lambda: DecisionFactory(case=case, overrides=decision, decided_by=first))
    override = held(case=case, overrides=decision)
    fields = {"approved_by": first, "approved_at": AT, "effective_at": AT}
    breaks(name, change(override, **fields))
    put(
        change(
            override,
            approved_by=UserFactory(),
            approved_at=AT,
            effective_at=AT,
            appealable_until=AT + timedelta(days=30),
        )
    )
    # Nor the decider of the decision before the one before.
    breaks(name, lambda: DecisionFactory(case=case, overrides=override, decided_by=first))


# Measures


def measure(decision, **fields):
    return lambda: Measure.objects.create(decision=decision, **({"kind": "WARN"} | fields))


def test_a_privilege_is_named_when_suspended_or_revoked():
    name = "a_privilege_is_named_when_suspended_or_revoked"
    breaks(name, measure(held(), kind="REVOKE"))
    breaks(name, measure(held(), privilege="OWN_GROUP"))


def test_a_suspension_says_for_how_long():
    name = "a_suspension_says_for_how_long"
    breaks(name, measure(held(), kind="SUSPEND", privilege="OWN_GROUP"))
    breaks(name, measure(held(), kind="SUSPEND", privilege="OWN_GROUP", days=0))
    breaks(name, measure(held(), days=3))


def test_a_decision_takes_a_measure_once():
    decision = held()
    put(measure(decision))
    breaks("a_decision_takes_a_measure_once", measure(decision))


def test_a_decision_in_effect_takes_no_more_measures(decision):
    breaks("a_decision_in_effect_takes_no_more_measures", measure(decision))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "SUSPEND", "privilege": "OWN_GROUP", "days": 3},
        {"kind": "REVOKE", "privilege": "OWN_GROUP"},
        {"kind": "FREEZE_GROUP"},
        {"kind": "CLOSE_GROUP"},
    ],
)
def test_a_severe_measure_waits_for_a_second_person(fields):
    alone = DecisionFactory(effective_at=None)
    breaks("a_severe_measure_waits_for_a_second_person", measure(alone, **fields))


def test_a_measure_keeps_its_terms_and_is_undone_once():
    taken = put(measure(held(), kind="SUSPEND", privilege="OWN_GROUP", days=3))
    breaks("a_measure_keeps_its_terms", change(taken, days=1))
    put(change(taken, undone_at=AT))
    breaks("a_measure_is_undone_once", change(taken, undone_at=None))


def test_a_measure_is_deleted_by_the_purge_only():
    taken = put(measure(held()))
    breaks("a_measure_is_deleted_by_the_purge_only", taken.delete)


# Appeals


@pytest.fixture
def appeal(db):
    return AppealFactory()


def test_one_open_appeal_per_appellant_and_decision(appeal):
    name = "one_open_appeal_per_appellant_and_decision"
    breaks(name, lambda: AppealFactory(decision=appeal.decision))


def test_an_appeal_outcome_names_its_reviewer_and_reasons(appeal):
    name = "an_appeal_outcome_names_its_reviewer_and_reasons"
    put(change(appeal, state="IN_REVIEW", reviewer=UserFactory()))
    breaks(name, change(appeal, state="UPHELD", reviewed_at=AT))
    breaks(name, change(appeal, state="UPHELD", outcome_reasons="Because."))


def test_a_reversal_on_appeal_leads_to_a_new_decision(appeal):
    name = "a_reversal_on_appeal_leads_to_a_new_decision"
    put(change(appeal, state="IN_REVIEW", reviewer=UserFactory()))
    outcome = {"reviewed_at": AT, "outcome_reasons": "Because."}
    breaks(name, change(appeal, state="REVERSED", **outcome))
    other = DecisionFactory(case=appeal.decision.case, overrides=appeal.decision)
    breaks(name, change(appeal, state="UPHELD", resulting_decision=other, **outcome))


def test_a_reversal_that_waits_says_what_it_will_be(appeal):
    name = "a_reversal_that_waits_says_what_it_will_be"
    breaks(name, change(appeal, proposed_outcome="REVERSED"))
    put(change(appeal, state="IN_REVIEW", reviewer=UserFactory()))
    breaks(name, change(appeal, proposed_outcome="REVERSED"))


def test_an_appeal_in_review_has_a_reviewer(appeal):
    breaks("an_appeal_in_review_has_a_reviewer", change(appeal, state="IN_REVIEW"))


@pytest.mark.parametrize("state", ["UPHELD", "REVERSED", "PARTIALLY_REVERSED"])
def test_appeal_moves_forward_only(appeal, state):
    breaks("appeal_moves_forward_only", change(appeal, state=state))


def test_an_appeal_keeps_what_was_submitted_and_its_words(appeal):
    breaks("an_appeal_keeps_what_was_submitted", change(appeal, appellant=AccountFactory()))
    breaks("an_appeal_keeps_what_was_submitted", change(appeal, submitted_at=AT))
    flag = FlagFactory(case=appeal.decision.case)
    breaks("an_appeal_keeps_what_was_submitted", change(appeal, flag=flag))
    breaks("an_appeal_keeps_its_words", change(appeal, grounds="Other words."))


def test_a_late_appeal_is_recorded_once(appeal):
    put(change(appeal, breached_at=AT))
    breaks("a_late_appeal_is_recorded_once", change(appeal, breached_at=None))


def test_an_appeal_is_reviewed_by_somebody_else(appeal):
    name = "an_appeal_is_reviewed_by_somebody_else"
    step = {"state": "IN_REVIEW"}
    breaks(name, change(appeal, reviewer=appeal.decision.decided_by, **step))
    with fixture_rows():
        appeal.appellant.user = UserFactory()
        appeal.appellant.save()
    breaks(name, change(appeal, reviewer=appeal.appellant.user, **step))
    override = DecisionFactory(case=appeal.decision.case, overrides=appeal.decision)
    later = AppealFactory(decision=override)
    breaks(name, change(later, reviewer=appeal.decision.decided_by, **step))


def test_only_the_last_decision_can_be_appealed(decision):
    name = "only_the_last_decision_can_be_appealed"
    waiting = held()
    breaks(name, lambda: AppealFactory(decision=waiting))
    DecisionFactory(case=decision.case, overrides=decision)
    breaks(name, lambda: AppealFactory(decision=decision))


def test_a_held_override_does_not_take_the_appeal_away(decision):
    held(case=decision.case, overrides=decision)
    assert AppealFactory(decision=decision).state == Appeal.State.SUBMITTED


def test_every_constraint_and_trigger_is_named_in_this_file():
    with open(__file__) as source:
        text = source.read()
    for model in (Decision, Measure, Appeal):
        guards = [*model._meta.constraints, *model._meta.triggers]
        missing = [guard.name for guard in guards if guard.name not in text]
        assert not missing, f"{model.__name__}: {missing}"
