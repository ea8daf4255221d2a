from datetime import timedelta

import pytest
from django.db import connection

from groups.actions import flags
from groups.models import Case, Evidence, Flag, Group
from groups.models.tenures import Role
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory, TenureFactory
from tests.factories.identity import AccountFactory
from tests.groups.place import BY_TESTS, kinds, make_place, refused, told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def place():
    return make_place()


def test_a_report_opens_a_case_with_the_owner_and_the_deadline_of_the_rule(place):
    flag = place.report(external_id="report-1")
    case = flag.case

    assert (case.state, case.severity, case.version) == ("WITH_OWNER", "HIGH", 1)
    assert case.due_at == AT + 48 * HOUR
    assert case.owner_at_opening == place.owner
    assert case.reference == f"C-{case.number}"
    assert kinds(case) == ["OPENED"]
    opened = case.timeline.get()
    assert (opened.is_public, opened.cause_type, opened.cause_id) == (True, "groups.Flag", flag.pk)
    assert (flag.statement, flag.external_id) == ("They ask members for deposits.", "report-1")
    assert flag.evidence.get().excerpt == "Please transfer 50 first."


def test_owner_and_managers_are_asked_and_the_reporter_hears_that_it_arrived(place):
    place.report()

    assert told(place.owner) == ["CASE_OPENED"]
    assert told(place.manager) == ["CASE_OPENED"]
    assert told(place.reporter) == ["REPORT_RECEIVED"]
    assert told(place.member) == []


def test_the_platform_hears_of_the_case_and_each_step_is_audited(place):
    case = place.report().case

    event = OutboxEvent.objects.get(type="accord.case.opened.v1")
    assert event.subject == case.reference
    assert event.data == {
        "case": case.reference,
        "group": "g-owls",
        "subject": place.member.external_id,
        "rule": "R-1",
        "severity": "HIGH",
        "state": "WITH_OWNER",
        "due_at": "2026-11-04T12:00:00+00:00",
    }
    audited = AuditEntry.objects.filter(record_type__in=["groups.Case", "groups.Flag"])
    assert sorted(audited.values_list("action", flat=True)) == ["cases.open", "flags.send"]


def test_a_second_report_on_the_same_joins_the_case_and_leaves_its_deadline(place):
    first = place.report()
    other = place.person("Ruth")

    second = place.report(reporter=other, at=AT + HOUR)

    case = Case.objects.get()
    assert (first.case, second.case) == (case, case)
    assert (case.version, case.due_at) == (2, AT + 48 * HOUR)
    assert kinds(case) == ["OPENED", "FLAGGED"]
    assert told(other) == ["REPORT_RECEIVED"]
    assert told(place.owner) == ["CASE_OPENED"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "R-2"},
        {"subject": None},
        {"group": None},
    ],
    ids=["another rule", "another subject", "another group"],
)
def test_a_report_on_something_else_opens_its_own_case(place, changes):
    place.report()
    if "group" in changes:
        changes = {"group": GroupFactory(platform=place.platform)}

    place.report(**changes)

    assert Case.objects.count() == 2


def test_a_new_version_of_the_rule_is_the_same_rule(place):
    first = place.report()
    old = place.rule()
    old.retired_at = AT
    old.save()
    RuleFactory(platform=place.platform, code="R-1", version=2)

    assert place.report().case == first.case


def test_a_report_after_the_decision_opens_a_new_case(place):
    first = place.open_case()
    Case.objects.filter(pk=first.pk).update(state="WITH_STAFF")
    Case.objects.filter(pk=first.pk).update(state="DECIDED", decided_at=AT)
    AuditEntry.objects.create(
        action="tests", record_type="", record_id="", actor_kind="SYSTEM", actor_label="", at=AT
    )

    assert place.report().case != first


class TestWhatSkipsTheOwner:
    @pytest.mark.parametrize("code", ["R-3", "R-7"])
    def test_threats_to_life_and_child_safety(self, place, code):
        case = place.open_case(code=code)

        assert (case.state, case.due_at) == ("WITH_STAFF", AT + 4 * HOUR)
        assert kinds(case, is_public=True) == []
        assert told(place.owner) == []

    def test_what_is_about_the_owner(self, place):
        assert place.open_case(subject=place.owner).state == "WITH_STAFF"

    def test_what_is_about_another_account_of_the_same_person(self, place):
        other = AccountFactory(platform=place.platform, user=place.owner.user)

        assert place.open_case(subject=other).state == "WITH_STAFF"

    def test_a_group_without_an_owner(self, place):
        group = GroupFactory(platform=place.platform)
        manager = place.person()
        TenureFactory(group=group, account=manager, role=Role.MANAGER)

        case = place.open_case(group=group)

        assert (case.state, case.owner_at_opening) == ("WITH_STAFF", None)
        assert told(manager) == []

    @pytest.mark.parametrize("state", ["FROZEN", "CLOSED"])
    def test_a_group_that_is_frozen_or_closed(self, place, state):
        Group.objects.filter(pk=place.group.pk).update(state=state, frozen_at=AT, closed_at=AT)
        place.group.refresh_from_db()

        assert place.open_case().state == "WITH_STAFF"


def test_a_report_on_a_manager_goes_to_the_owner_and_not_to_the_manager(place):
    case = place.open_case(subject=place.manager)

    assert case.state == "WITH_OWNER"
    assert (told(place.owner), told(place.manager)) == (["CASE_OPENED"], [])


def test_the_same_external_id_again_changes_nothing(place):
    first = place.report(external_id="report-1")
    audited = AuditEntry.objects.count()

    again = place.report(external_id="report-1", at=AT + HOUR)

    assert again == first
    assert (Flag.objects.count(), Case.objects.get().version) == (1, 1)
    assert AuditEntry.objects.count() == audited


def test_the_same_external_id_about_something_else_is_refused(place):
    place.report(external_id="report-1")

    with refused(flags.FlagIdReused):
        place.report(external_id="report-1", code="R-2")

    assert (Flag.objects.count(), Case.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": "  "},
        {"statement": "x" * 4001},
        {"excerpts": ["x"] * 6},
        {"excerpts": ["x" * 4001]},
        {"excerpts": [" "]},
    ],
)
def test_what_is_too_long_or_empty_is_refused_and_nothing_is_kept(place, changes):
    with refused(flags.UnusableFlag):
        place.report(**changes)

    assert (Case.objects.count(), Flag.objects.count(), Evidence.objects.count()) == (0, 0, 0)


def test_records_of_another_platform_are_refused(place):
    elsewhere = PlatformFactory()
    for changes in (
        {"group": GroupFactory(platform=elsewhere)},
        {"subject": AccountFactory(platform=elsewhere)},
        {"reporter": AccountFactory(platform=elsewhere)},
        {"rule": RuleFactory(platform=elsewhere)},
    ):
        with refused(flags.UnusableFlag):
            place.report(**changes)

    assert Case.objects.count() == 0


def test_a_retired_rule_takes_no_reports(place):
    with refused(flags.UnusableFlag):
        place.report(rule=RuleFactory(platform=place.platform, retired_at=AT))


def test_statement_and_excerpt_are_not_readable_in_the_database(place):
    place.report(statement="canary-statement", excerpts=["canary-excerpt"])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM groups_flag UNION SELECT excerpt FROM groups_evidence"
        )
        stored = b"".join(bytes(value) for (value,) in cursor.fetchall())
    assert b"canary" not in stored


def test_what_the_group_is_told_does_not_name_the_reporter(place):
    place.report(by=BY_TESTS)

    for notice in place.owner.notices.all():
        text = notice.subject + notice.body
        assert place.reporter.display_name not in text
        assert place.reporter.external_id not in text
