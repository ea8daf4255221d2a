from datetime import timedelta

import pytest

from credit import queries as credit_queries
from credit.models import LedgerEntry
from groups import versions
from groups.actions import cases, decisions
from groups.impartiality import ConflictOfInterest, OnlyAPerson
from groups.measures import MeasureInput, UnusableMeasure
from groups.models import Case, CaseEntry, Notice
from groups.queries import decisions as decision_queries
from identity.access import StaffOnly
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import fixture_rows
from tests.factories.groups import CaseFactory, FlagFactory
from tests.factories.identity import AccountFactory
from tests.groups import scene as scenes
from tests.groups.refusal import refused
from tests.groups.scene import CLOSE, FREEZE, SUSPEND_OWNING, WARN, decide, make_scene

pytestmark = pytest.mark.django_db


# One person alone


def test_a_warning_takes_effect_at_once_and_costs_what_the_policy_says(scene, at):
    decision = decide(scene.case, scene.staff(), WARN)

    assert (decision.effective_at, decision.needs_approval) == (at, False)
    assert decision.appealable_until == at + timedelta(days=30)
    entry = LedgerEntry.objects.get(account=scene.owner)
    assert (entry.points, entry.expires_at) == (-2, at + timedelta(days=180))
    assert (entry.decision_id, entry.posted_by) == (decision.pk, decision.decided_by)
    assert credit_queries.get_standing(account=scene.owner, at=at).score == 10
    scene.case.refresh_from_db()
    assert (scene.case.state, scene.case.decided_at, scene.case.due_at) == ("DECIDED", at, None)


def test_the_first_low_finding_is_a_warning_without_points_and_the_second_costs_one(at):
    scene = make_scene(severity="LOW")
    first = decide(scene.case, scene.staff(), WARN)
    second = decide(scenes.another_case(scene, severity="LOW"), scene.staff(), WARN)

    assert (first.points, second.points) == (0, -1)
    entries = LedgerEntry.objects.filter(account=scene.owner).order_by("sequence")
    assert [entry.points for entry in entries] == [0, -1]


def test_a_dismissal_tells_everybody_and_changes_no_standing(scene, at):
    decision = decide(scene.case, scene.staff())

    assert (decision.outcome, decision.points, decision.effective_at) == ("DISMISSED", 0, at)
    assert not LedgerEntry.objects.exists()
    told = (
        Notice.objects.filter(decision=decision).order_by("kind").values_list("kind", "recipient")
    )
    assert list(told) == [("DECISION", scene.owner.pk), ("REPORT_DECIDED", scene.reporter.pk)]


def test_upheld_and_handled_by_the_owner_costs_nothing_and_can_be_appealed(scene, at):
    decision = decide(scene.case, scene.staff(), outcome="OWNER_HANDLED")

    assert (decision.points, decision.appealable_until) == (0, at + timedelta(days=30))
    assert not LedgerEntry.objects.exists()


def test_the_statement_of_reasons_is_stored_when_decided(scene, at):
    FlagFactory(case=scene.case, source="TRUSTED_FLAGGER", received_at=at - timedelta(days=1))
    decision = decide(
        scene.case,
        scene.staff(),
        WARN,
        ground="ILLEGAL_CONTENT",
        legal_ground=" Section 263 of the criminal code ",
    )
    assert decision.dsa_category == "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    assert decision.source_type == "SOURCE_TRUSTED_FLAGGER"
    assert decision.legal_ground == "Section 263 of the criminal code"
    assert (decision.content_language, decision.automated_detection) == ("DE", False)
    assert decision.noticed_at == at - timedelta(days=2)


def test_a_case_that_nobody_flagged_is_the_platforms_own_initiative(scene, at):
    with fixture_rows():
        scene.flag.delete()
    decision = decide(scene.case, scene.staff(), WARN)

    assert (decision.source_type, decision.noticed_at) == ("SOURCE_VOLUNTARY", at)


def test_a_decision_leaves_a_public_line_an_audit_entry_and_an_event_without_points(scene, at):
    decision = decide(scene.case, user := scene.staff(), WARN)

    line = CaseEntry.objects.get(case=scene.case, kind="DECIDED")
    assert (line.is_public, line.by_user, line.cause_id) == (True, user, decision.pk)
    entry = AuditEntry.objects.get(action="decisions.decide")
    assert (entry.record_id, entry.actor_id) == (str(decision.pk), user.pk)
    event = OutboxEvent.objects.get(type="accord.decision.effective.v1")
    assert event.subject == decision.reference
    assert event.data == {
        "decision": decision.reference,
        "case": scene.case.reference,
        "group": "g-owls",
        "account": scene.owner.external_id,
        "outcome": "MEASURES",
        "rule": scene.rule.code,
        "overrides": None,
        "measures": [{"kind": "WARN", "privilege": None, "in_group": None, "days": None}],
        "effective_at": "2026-11-02T12:00:00+00:00",
    }


def test_a_reporter_who_reported_twice_is_told_once_and_the_subject_never_learns_who(scene):
    FlagFactory(case=scene.case, reporter=scene.reporter)
    decide(scene.case, scene.staff(), WARN)

    assert Notice.objects.filter(recipient=scene.reporter).count() == 1
    assert "Rana" not in Notice.objects.get(recipient=scene.owner).body
    told = Notice.objects.get(recipient=scene.reporter)
    assert not {"Olga", "-2", "points"} & set(told.body.split())


def test_the_owner_of_the_group_hears_of_a_decision_about_a_member_without_their_points():
    scene = make_scene(about="member")
    decide(scene.case, scene.staff(), WARN)

    assert "points" in Notice.objects.get(recipient=scene.member).body.split("What follows")[1]
    assert "points" not in Notice.objects.get(recipient=scene.owner).body.split("What follows")[1]


def test_a_case_about_the_group_may_hold_its_owner_then_to_account(at):
    scene = make_scene(about="group")
    about_group = decision_queries.preview(
        case=scene.case, outcome="MEASURES", measures=[WARN], at=at
    )
    decision = decide(scene.case, scene.staff(), WARN, about_owner=True)

    assert (about_group.subject, about_group.points) == (None, 0)
    assert (decision.subject_account, decision.subject_group) == (scene.owner, None)
    assert decision.points == -2


def test_a_decision_about_the_group_costs_nobody_points():
    scene = make_scene(about="group")
    decision = decide(scene.case, scene.staff(), WARN)

    assert (decision.subject_account, decision.subject_group) == (None, scene.group)
    assert not LedgerEntry.objects.exists()
    assert Notice.objects.filter(recipient=scene.owner, kind="DECISION").count() == 1


# Who may not, and when not


def test_a_stale_form_is_refused(scene):
    refused(
        versions.StaleCase,
        lambda: decide(scene.case, scene.staff(), WARN, version=scene.case.version - 1),
    )


def test_somebody_elses_live_claim_is_respected_until_its_lease_ends(scene, at):
    with fixture_rows():
        Case.objects.filter(pk=scene.case.pk).update(
            assignee=scene.staff(), leased_until=at + timedelta(minutes=15)
        )
    colleague = scene.staff()
    refused(cases.ClaimedBySomebodyElse, lambda: decide(scene.case, colleague, WARN))

    decision = decide(scene.case, colleague, WARN, at=at + timedelta(minutes=15))
    assert decision.effective_at == at + timedelta(minutes=15)


def test_a_case_with_the_owner_is_not_decided(scene):
    waiting = CaseFactory(platform=scene.platform, group=scene.group)
    refused(decisions.WithTheOwner, lambda: decide(waiting, scene.staff(), WARN))


def test_a_case_is_decided_once(scene):
    decide(scene.case, scene.staff(), WARN)
    refused(decisions.AlreadyDecided, lambda: decide(scene.case, scene.staff()))


@pytest.mark.parametrize("stake", ["subject", "owner", "manager", "owner then", "reporter"])
def test_nobody_decides_where_they_have_a_stake(stake):
    scene = make_scene(about="member")
    user = scene.staff()
    account = AccountFactory(platform=scene.platform, user=user)
    people = {"subject": scene.member, "owner then": scene.owner, "reporter": scene.reporter}
    if person := people.get(stake):
        person.user = user
        person.save()
    else:
        role = "MANAGER" if stake == "manager" else "CO_OWNER"
        scenes.add_role(scene, account=account, role=role)
    refused(ConflictOfInterest, lambda: decide(scene.case, user, WARN))


def test_a_stake_on_another_platform_is_none(scene):
    user = scene.staff()
    AccountFactory(user=user)

    assert decide(scene.case, user, WARN).effective_at


def test_only_staff_with_the_permission_decide_and_no_program(scene):
    refused(StaffOnly, lambda: decide(scene.case, scene.staff("AUDITOR"), WARN))
    refused(StaffOnly, lambda: decide(scene.case, make_scene().staff(), WARN))
    refused(
        OnlyAPerson,
        lambda: decisions.decide(
            case=scene.case,
            version=scene.case.version,
            outcome="DISMISSED",
            facts="F",
            reasons="R",
            measures=[],
            by=Actor.system("sweep_cases"),
            at=scene.case.opened_at,
        ),
    )


def test_what_reached_senior_staff_is_not_decided_by_a_reviewer(scene):
    with fixture_rows():
        Case.objects.filter(pk=scene.case.pk).update(state="WITH_SENIOR")
    scene.case.refresh_from_db()

    refused(StaffOnly, lambda: decide(scene.case, scene.staff(), WARN))
    assert decide(scene.case, scene.senior(), WARN).effective_at


@pytest.mark.parametrize(
    "words",
    [
        {"facts": "  "},
        {"reasons": ""},
        {"facts": "x" * 5001},
        {"reasons": "x" * 2001},
        {"ground": "ILLEGAL_CONTENT"},
    ],
)
def test_facts_reasons_and_an_illegal_ground_are_stated(scene, words):
    user = scene.staff()
    refused(
        decisions.proposals.FactsAndReasons,
        lambda: decide(scene.case, user, WARN, **words),
    )


@pytest.mark.parametrize(
    "measures",
    [
        [MeasureInput("SUSPEND", privilege="OWN_GROUP")],
        [MeasureInput("SUSPEND", privilege="OWN_GROUP", days=0)],
        [MeasureInput("SUSPEND", days=3)],
        [MeasureInput("REVOKE", privilege="OWN_GROUP", days=3)],
        [MeasureInput("WARN", days=3)],
        [MeasureInput("WARN", privilege="OWN_GROUP")],
        [MeasureInput("BANISH")],
        [MeasureInput("SUSPEND", privilege="SPEAK", days=3)],
        [WARN, WARN],
        [SUSPEND_OWNING, MeasureInput("REVOKE", privilege="OWN_GROUP")],
        [FREEZE, CLOSE],
        [],
    ],
)
def test_measures_that_make_no_sense_are_refused(scene, measures):
    user = scene.staff()
    refused(
        UnusableMeasure,
        lambda: decide(scene.case, user, *measures, outcome="MEASURES"),
    )


def test_measures_fit_the_outcome_the_subject_and_the_group(scene):
    user = scene.staff()
    refused(UnusableMeasure, lambda: decide(scene.case, user, WARN, outcome="DISMISSED"))
    elsewhere = make_scene().group
    in_elsewhere = MeasureInput("SUSPEND", "OWN_GROUP", in_group=elsewhere, days=3)
    refused(UnusableMeasure, lambda: decide(scene.case, user, in_elsewhere))
    about_group = make_scene(about="group")
    refused(
        UnusableMeasure,
        lambda: decide(about_group.case, about_group.staff(), SUSPEND_OWNING),
    )
    about_member = make_scene(about="member")
    refused(
        UnusableMeasure,
        lambda: decide(about_member.case, about_member.staff(), CLOSE),
    )
