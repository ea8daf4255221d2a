from datetime import timedelta

import pytest

from groups.actions import cases
from groups.impartiality import ConflictOfInterest
from groups.models import Case
from groups.models.tenures import Role
from groups.versions import StaleCase
from identity.access import StaffOnly
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory
from tests.factories.identity import AccountFactory
from tests.groups.place import kinds, make_place, refused, told
from tests.groups.scene import SUSPEND_OWNING, decide, make_scene

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place():
    return make_place()


def answer(case, account, *, at=AT + HOUR, text="We removed them.", version=None):
    return cases.answer(
        case=case,
        version=case.version if version is None else version,
        account=account,
        text=text,
        by=Actor.user(account.user),
        at=at,
    )


def claim(case, user, *, at=AT, **changes):
    return cases.claim(case=case, user=user, by=Actor.user(user), at=at, **changes)


def stored(case):
    row = Case.objects.values().get(pk=case.pk)
    return row, kinds(case), AuditEntry.objects.count()


class TestAnswering:
    def test_the_first_answer_hands_the_case_to_staff(self, place):
        case = place.open_case()

        entry = answer(case, place.owner)

        case.refresh_from_db()
        assert (case.state, case.version, case.answered_at) == ("WITH_STAFF", 2, AT + HOUR)
        assert case.due_at == AT + HOUR + 48 * HOUR
        assert case.breached_at is None
        assert (entry.body, entry.by_account, entry.is_public) == (
            "We removed them.",
            place.owner,
            True,
        )
        assert (entry.cause_type, entry.cause_id) == ("identity.Account", place.owner.pk)
        audited = AuditEntry.objects.get(action="cases.answer")
        assert (audited.old, audited.actor_id) == ({"state": "WITH_OWNER"}, place.owner.user_id)
        assert "removed" not in str(audited.new)

    def test_more_answers_may_follow_until_the_decision(self, place):
        case = place.open_case()
        answer(case, place.owner)

        answer(case, place.manager, at=AT + 2 * HOUR, text="And we warned everybody.")

        case.refresh_from_db()
        assert (case.state, case.version) == ("WITH_STAFF", 3)
        assert (case.answered_at, case.due_at) == (AT + HOUR, AT + 49 * HOUR)
        assert kinds(case) == ["OPENED", "ANSWERED", "ANSWERED"]

    def test_an_answer_to_what_has_changed_since_is_refused(self, place):
        case = place.open_case()
        seen = case.version
        place.report(reporter=None)
        before = stored(case)

        with refused(StaleCase, match="Somebody changed this case since you opened it"):
            answer(case, place.owner, version=seen)

        assert stored(case) == before

    def test_an_answer_at_the_deadline_is_late_whether_or_not_the_sweeper_has_come(self, place):
        case = place.open_case()

        answer(case, place.owner, at=case.due_at)

        assert case.breached_at == AT + 48 * HOUR
        assert case.state == "WITH_STAFF"

    def test_an_answer_a_moment_before_the_deadline_is_in_time(self, place):
        case = place.open_case()

        answer(case, place.owner, at=case.due_at - timedelta(microseconds=1))

        assert case.breached_at is None

    @pytest.mark.parametrize("text", ["", "  \n", "x" * 5001])
    def test_an_answer_has_words_and_not_too_many(self, place, text):
        case = place.open_case()
        before = stored(case)

        with refused(cases.EmptyText):
            answer(case, place.owner, text=text)

        assert stored(case) == before

    def test_strangers_members_and_the_reported_manager_do_not_answer(self, place):
        case, stranger = place.open_case(subject=place.manager), make_place().owner
        before = stored(case)

        for account in (place.member, place.reporter, place.manager, stranger):
            with refused(cases.NotYoursToAnswer):
                answer(case, account)

        assert stored(case) == before

    def test_the_owner_at_opening_still_answers_after_a_transfer(self, place):
        case = place.open_case()
        tenure = place.owner.tenures.get()
        tenure.period = (tenure.period.lower, AT)
        tenure.ended, tenure.ended_event = "TRANSFERRED", tenure.began_event
        with fixture_rows():
            tenure.save()

        assert answer(case, place.owner)

    def test_the_group_does_not_answer_a_case_that_it_was_not_asked_about(self, place):
        case = place.case_with_staff()

        with refused(cases.NotOpen):
            answer(case, place.owner)


class TestClaiming:
    def test_a_claim_lasts_fifteen_minutes_and_stays_internal(self, place):
        case, user = place.case_with_staff(), place.staff()

        claim(case, user)

        case.refresh_from_db()
        assert (case.assignee, case.leased_until, case.version) == (user, AT + 15 * MINUTE, 2)
        entry = case.timeline.get(kind="CLAIMED")
        assert (entry.is_public, entry.by_user, entry.cause_id) == (False, user, user.pk)

    def test_a_claimed_case_is_not_for_a_colleague_until_the_claim_runs_out(self, place):
        case, user, colleague = place.case_with_staff(), place.staff(), place.staff()
        claim(case, user)
        before = stored(case)

        with refused(cases.ClaimedBySomebodyElse):
            claim(case, colleague, at=AT + 15 * MINUTE - timedelta(seconds=1))
        assert stored(case) == before

        claim(case, colleague, at=AT + 15 * MINUTE)
        assert case.assignee == colleague

    def test_claiming_again_renews_and_changes_nothing_else(self, place):
        case, user = place.case_with_staff(), place.staff()
        claim(case, user)

        claim(case, user, at=AT + 10 * MINUTE)

        case.refresh_from_db()
        assert (case.leased_until, case.version) == (AT + 25 * MINUTE, 2)
        assert kinds(case) == ["OPENED", "CLAIMED"]

    def test_what_a_colleague_has_taken_over_is_not_renewed(self, place):
        case, user, colleague = place.case_with_staff(), place.staff(), place.staff()
        claim(case, user)
        claim(case, colleague, at=AT + 20 * MINUTE)

        with refused(cases.ClaimedBySomebodyElse):
            cases.renew(case=case, user=user, by=Actor.user(user), at=AT + 21 * MINUTE)

    def test_a_case_with_the_owner_is_not_claimed(self, place):
        case = place.open_case()

        with refused(cases.NotOpen):
            claim(case, place.staff())

    def test_staff_of_another_platform_and_auditors_claim_nothing(self, place):
        case = place.case_with_staff()
        before = stored(case)

        for user in (make_place().staff(), place.staff("AUDITOR"), place.owner.user):
            known = AuditEntry.objects.count()
            with refused(StaffOnly):
                claim(case, user)
            assert AuditEntry.objects.count() == known

        assert stored(case)[:2] == before[:2]

    def test_an_escalated_case_is_for_senior_staff(self, place):
        case = place.case_with_staff()
        cases.escalate(case=case, by=Actor.system("tests"), at=case.due_at)

        with refused(StaffOnly):
            claim(case, place.staff("REVIEWER"), at=case.due_at)
        assert claim(case, place.staff("SENIOR"), at=case.due_at).state == "WITH_SENIOR"

    def test_nobody_claims_a_case_of_their_own_group_or_report(self, place):
        case = place.case_with_staff()
        for account in (place.owner, place.manager, place.member, place.reporter):
            user = place.staff()
            account.user = user
            account.save()

            with refused(ConflictOfInterest):
                claim(case, user)

    def test_releasing_gives_it_back_and_only_the_holder_can(self, place):
        case, user = place.case_with_staff(), place.staff()
        claim(case, user)

        with refused(cases.NotOpen):
            other = place.staff()
            cases.release(case=case, user=other, by=Actor.user(other), at=AT)
        cases.release(case=case, user=user, by=Actor.user(user), at=AT + MINUTE)

        case.refresh_from_db()
        assert (case.assignee, case.leased_until, case.version) == (None, None, 3)
        assert kinds(case, is_public=False) == ["OPENED", "CLAIMED", "RELEASED"]


class TestTakingTheNext:
    def take(self, user, at=AT, **changes):
        return cases.take_next(user=user, by=Actor.user(user), at=at, **changes)

    def test_the_earliest_deadline_comes_first_then_the_graver_case(self, place):
        later = place.case_with_staff(at=AT + HOUR)
        graver = place.case_with_staff(subject=None)
        lighter = place.open_case(code="R-5", subject=place.owner)
        Case.objects.filter(pk=lighter.pk).update(due_at=graver.due_at)
        user = place.staff()

        taken = [self.take(user) for _ in range(4)]

        assert taken == [graver, lighter, later, None]

    def test_two_people_never_get_the_same_case(self, place):
        first, second = place.case_with_staff(), place.case_with_staff(subject=None)

        assert {self.take(place.staff()), self.take(place.staff())} == {first, second}
        assert self.take(place.staff()) is None

    def test_a_claim_that_ran_out_is_given_to_the_next(self, place):
        case = place.case_with_staff()
        self.take(place.staff())

        assert self.take(place.staff(), at=AT + 15 * MINUTE) == case

    def test_what_is_their_own_is_left_for_others(self, place):
        place.case_with_staff()
        for account in (place.owner, place.manager, place.member, place.reporter):
            user = place.staff()
            AccountFactory(platform=place.platform, user=user)
            account.user = user
            account.save()

            assert self.take(user) is None

    def test_cases_with_the_owner_and_of_other_platforms_are_not_taken(self, place):
        place.open_case()
        make_place().case_with_staff()

        assert self.take(place.staff("SENIOR")) is None

    def test_a_case_whose_decision_waits_for_a_second_person_is_not_taken(self):
        scene = make_scene()
        senior = scene.senior()
        assert decide(scene.case, scene.staff(), SUSPEND_OWNING).is_held

        assert self.take(senior) is None

    def test_platforms_can_be_narrowed(self, place):
        place.case_with_staff()

        assert self.take(place.staff(), platforms=[make_place().platform.pk]) is None


class TestNotes:
    def write(self, case, user, text="Looks organised."):
        return cases.note(case=case, text=text, by=Actor.user(user), at=AT)

    def test_a_note_is_internal(self, place):
        case, user = place.open_case(), place.staff()

        entry = self.write(case, user)

        assert (entry.is_public, entry.by_user, entry.body) == (False, user, "Looks organised.")
        assert kinds(case, is_public=True) == ["OPENED"]
        assert told(place.owner) == ["CASE_OPENED"]

    def test_owners_auditors_and_programs_write_none(self, place):
        case = place.open_case()
        before = stored(case)

        for user in (place.owner.user, place.staff("AUDITOR")):
            known = AuditEntry.objects.count()
            with refused(StaffOnly):
                self.write(case, user)
            assert AuditEntry.objects.count() == known
        with refused(cases.NotYoursToAnswer):
            cases.note(case=case, text="x", by=Actor.system("tests"), at=AT)
        assert stored(case)[:2] == before[:2]

    def test_a_note_makes_what_a_colleague_has_open_stale(self, place):
        case, user = place.case_with_staff(), place.staff()
        opened = Case.objects.get(pk=case.pk)
        self.write(case, user)

        with refused(StaleCase):
            claim(opened, user)


def test_a_new_manager_may_answer_and_one_who_left_may_not(place):
    case = place.open_case()
    newcomer, leaver = place.person(), place.person()
    TenureFactory(group=place.group, account=newcomer, role=Role.MANAGER, since=AT)
    TenureFactory(
        group=place.group,
        account=leaver,
        role=Role.MANAGER,
        since=AT - timedelta(days=9),
        until=AT - timedelta(days=1),
    )

    with refused(cases.NotYoursToAnswer):
        answer(case, leaver)
    assert answer(case, newcomer)
