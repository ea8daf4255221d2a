from datetime import timedelta

import pytest

from groups import access
from groups.actions import cases
from groups.queries import cases as case_queries
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.errors import NotFound
from portal.core.ids import uuid7
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory
from tests.groups.place import make_place
from tests.groups.scene import (
    SUSPEND_OWNING,
    appeal_against,
    decide,
    decide_in_effect,
    make_scene,
)

pytestmark = pytest.mark.django_db


def missing(loader, user, id):
    """The answer to a foreign id is the one to an id that does not exist, to the letter."""
    with pytest.raises(NotFound) as foreign:
        loader(user, id)
    with pytest.raises(NotFound) as nobodys:
        loader(user, uuid7())
    answers = [
        (type(one.value), str(one.value), one.value.params, one.value.status)
        for one in (foreign, nobodys)
    ]
    assert answers[0] == answers[1]
    return True


class TestStaff:
    @pytest.fixture
    def scene(self):
        return make_scene()

    def test_they_see_the_records_of_their_platform_by_id_and_reference(self, scene):
        user = scene.staff("AUDITOR")
        decision = decide_in_effect(scene)
        appeal = appeal_against(decision, scene.owner, at=AT)

        assert access.get_case_for(user, scene.case.pk) == scene.case
        assert access.get_case_for(user, str(scene.case.pk)) == scene.case
        assert access.get_case_for(user, scene.case.reference) == scene.case
        assert access.get_group_for(user, scene.group.pk) == scene.group
        assert access.get_decision_for(user, decision.reference) == decision
        assert access.get_appeal_for(user, appeal.reference) == appeal

    def test_those_of_another_platform_see_nothing(self, scene):
        stranger = make_place().staff("SENIOR")
        decision = decide_in_effect(scene)
        appeal = appeal_against(decision, scene.owner, at=AT)

        assert missing(access.get_case_for, stranger, scene.case.pk)
        assert missing(access.get_case_for, stranger, scene.case.reference)
        assert missing(access.get_group_for, stranger, scene.group.pk)
        assert missing(access.get_decision_for, stranger, decision.pk)
        assert missing(access.get_appeal_for, stranger, appeal.pk)

    @pytest.mark.parametrize("id", ["", "C-", "C-x", "D-1", "C-99999999999999999999", "x\0", "é"])
    def test_nonsense_is_missing(self, scene, id):
        assert missing(access.get_case_for, scene.staff(), id)

    def test_without_the_permission_asked_for_it_is_missing(self, scene):
        user = scene.staff("AUDITOR")

        def loader(user, id):
            return access.get_case_for(user, id, permission=Permission.CLAIM_CASES)

        assert missing(loader, user, scene.case.pk)
        assert loader(scene.staff("REVIEWER"), scene.case.pk) == scene.case

    def test_owners_are_not_staff(self, scene):
        assert missing(access.get_case_for, scene.owner.user, scene.case.pk)


class TestOwners:
    @pytest.fixture
    def place(self):
        return make_place()

    def test_owner_and_manager_see_what_the_group_was_asked(self, place):
        case = place.open_case()

        for account in (place.owner, place.manager):
            assert access.get_case_for_owner(account.user, case.pk) == case
            assert access.get_group_for_owner(account.user, place.group.pk) == place.group
        for account in (place.member, place.reporter, make_place().owner):
            assert missing(access.get_case_for_owner, account.user, case.pk)
            assert missing(access.get_group_for_owner, account.user, place.group.pk)

    def test_nobody_sees_an_open_case_about_themselves(self, place):
        case = place.open_case(subject=place.manager)

        assert missing(access.get_case_for_owner, place.manager.user, case.pk)
        assert access.get_case_for_owner(place.owner.user, case.pk) == case

    def test_a_case_that_skipped_the_owner_is_shown_when_it_is_decided(self, place):
        case = place.case_with_staff()
        assert missing(access.get_case_for_owner, place.owner.user, case.pk)

        with fixture_rows():
            case.state, case.decided_at = "DECIDED", AT
            case.save()

        assert access.get_case_for_owner(place.owner.user, case.pk) == case

    def test_a_former_owner_keeps_what_arose_under_them_and_a_former_manager_does_not(self, place):
        case = place.open_case()
        with fixture_rows():
            place.group.tenures.all().delete()
            newcomer = place.person()
            TenureFactory(group=place.group, account=newcomer, since=AT)
        later = place.open_case(subject=None)

        assert access.get_case_for_owner(place.owner.user, case.pk) == case
        assert missing(access.get_case_for_owner, place.owner.user, later.pk)
        assert missing(access.get_case_for_owner, place.manager.user, case.pk)
        assert access.get_case_for_owner(newcomer.user, case.pk) == case
        assert missing(access.get_group_for_owner, place.owner.user, place.group.pk)

    def test_notices_and_reports_are_for_the_person_they_concern(self, place):
        flag = place.report()
        notice = place.owner.notices.get()

        assert access.get_notice_for(place.owner.user, notice.pk) == notice
        assert access.get_flag_for_reporter(place.reporter.user, flag.pk) == flag
        assert missing(access.get_notice_for, place.manager.user, notice.pk)
        assert missing(access.get_flag_for_reporter, place.owner.user, flag.pk)


class TestDecisions:
    def test_a_decision_is_for_the_person_it_is_about_and_who_owned_the_group(self):
        scene = make_scene(about="member")
        decision = decide_in_effect(scene)

        for account in (scene.member, scene.owner):
            assert access.get_decision_for_owner(account.user, decision.pk) == decision
        assert missing(access.get_decision_for_owner, scene.reporter.user, decision.pk)

    def test_a_new_owner_does_not_read_what_was_decided_about_the_one_before(self):
        scene = make_scene()
        decision = decide_in_effect(scene)
        with fixture_rows():
            scene.group.tenures.all().delete()
            newcomer = make_place().person()
            TenureFactory(group=scene.group, account=newcomer, since=AT + timedelta(days=1))

        assert access.get_decision_for_owner(scene.owner.user, decision.pk) == decision
        assert missing(access.get_decision_for_owner, newcomer.user, decision.pk)

    def test_a_held_decision_is_not_shown(self):
        scene = make_scene()
        held = decide(scene.case, scene.staff(), SUSPEND_OWNING)

        assert held.is_held
        assert missing(access.get_decision_for_owner, scene.owner.user, held.pk)

    def test_an_appeal_is_for_whoever_submitted_it(self):
        scene = make_scene()
        appeal = appeal_against(decide_in_effect(scene), scene.owner, at=AT)

        assert access.get_appeal_for_owner(scene.owner.user, appeal.pk) == appeal
        assert missing(access.get_appeal_for_owner, scene.reporter.user, appeal.pk)


def test_what_the_group_reads_of_a_report_says_nothing_about_who_sent_it():
    place = make_place()
    case = place.open_case()
    user = place.staff()
    cases.note(case=case, text="internal", by=Actor.user(user), at=AT)

    (reported,) = case_queries.list_reported(case=case)
    assert (reported.statement, reported.excerpts) == (
        "They ask members for deposits.",
        ["Please transfer 50 first."],
    )
    assert not hasattr(reported, "reporter")
    public = case_queries.list_timeline(case=case, public_only=True)
    assert [line.kind for line in public] == ["OPENED"]
    assert case_queries.list_timeline(case=case, public_only=False).count() == 2
