"""The workspace of a case: moves by POST, with the version that was seen, and what roles allow."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.actions import cases
from groups.models import Case, CaseEntry, Evidence
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.admin.entering import enter, main_part
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import staff_user
from tests.groups.scene import SUSPEND_OWNING, another_case, decide, make_scene

EXCERPT = "Send 50 euros first."


def address(case, move=""):
    return reverse(f"admin:work_case{move and '_'}{move}", args=[case.pk])


def attach(scene):
    with fixture_rows():
        Evidence.objects.create(flag=scene.flag, excerpt=EXCERPT, sha256="0" * 64, attached_at=AT)


def state_of(case):
    return Case.objects.values("version", "state", "assignee", "leased_until").get(pk=case.pk)


def claimed(scene, user):
    return cases.claim(case=scene.case, user=user, by=Actor.user(user), at=AT)


def test_the_workspace_shows_report_group_person_and_timeline(scene):
    attach(scene)

    page = enter(scene.staff()).get(address(scene.case))

    shown = page.content.decode()
    assert page.status_code == 200
    for words in (scene.case.reference, "They ask members for deposits.", "Night owls", "Olga"):
        assert words in shown
    assert "Good standing" in shown


@pytest.mark.parametrize("role", list(Role))
def test_words_and_excerpts_are_for_those_who_work_on_cases(scene, role):
    attach(scene)

    shown = enter(scene.staff(role)).get(address(scene.case)).content.decode()

    works_on_cases = role in (Role.REVIEWER, Role.SENIOR)
    assert (EXCERPT in shown) is works_on_cases
    assert ("They ask members for deposits." in shown) is works_on_cases


def test_an_excerpt_is_closed_until_it_is_opened(scene):
    attach(scene)

    shown = enter(scene.staff()).get(address(scene.case)).content.decode()

    assert '<details class="ac-evidence" data-evidence>' in shown


def test_claiming_makes_the_case_mine_for_fifteen_minutes(scene):
    user = scene.staff()

    response = enter(user).post(address(scene.case, "claim"), {"version": scene.case.version})

    assert response.status_code == 302
    scene.case.refresh_from_db()
    assert scene.case.assignee == user
    assert scene.case.leased_until == AT + timedelta(minutes=15)


def test_releasing_frees_the_case(scene):
    user = scene.staff()
    case = claimed(scene, user)

    enter(user).post(address(case, "release"), {"version": case.version})

    assert state_of(case)["assignee"] is None


def test_an_open_page_keeps_the_claim_and_changes_nothing_else(scene):
    user = scene.staff()
    case = claimed(scene, user)
    client = enter(user)

    with time_machine.travel(AT + timedelta(minutes=10), tick=False):
        response = client.post(address(case, "renew"))

    assert response.status_code == 204
    kept = state_of(case)
    assert kept["leased_until"] == AT + timedelta(minutes=25)
    assert kept["version"] == case.version


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_a_colleague_has_by_now_is_not_renewed(scene):
    client = enter(scene.staff())
    claimed(scene, scene.staff())

    assert client.post(address(scene.case, "renew")).status_code == 409


def test_a_note_is_for_staff_only(scene):
    user = scene.staff()

    enter(user).post(
        address(scene.case, "note"), {"version": scene.case.version, "text": "Ask Rana."}
    )

    entry = CaseEntry.objects.get(case=scene.case, kind="NOTE")
    assert (entry.body, entry.is_public, entry.by_user) == ("Ask Rana.", False, user)


def test_take_next_claims_the_most_urgent_case_and_opens_it(scene):
    urgent = another_case(scene, severity="CRITICAL")
    Case.objects.filter(pk=urgent.pk).update(due_at=AT + timedelta(hours=1))
    user = scene.staff()

    response = enter(user).post(reverse("admin:work_take_next"), {"queue": "reviews"})

    assert response.status_code == 302
    assert response.url == f"{address(urgent)}?queue=reviews"
    assert state_of(urgent)["assignee"] == user.pk


def test_take_next_says_so_when_nothing_waits(platform):
    client = enter(staff_user(platform))

    page = client.post(reverse("admin:work_take_next"), follow=True)

    assert "Nothing is waiting." in page.content.decode()


DRAFT = {"outcome": "DISMISSED", "facts": "What I wrote", "reasons": "Because.", "seen": "x"}
# Every form of the workspace; `release` is offered to whoever has the case.
FORMS = {
    "claim": {},
    "note": {"text": "What I wrote"},
    "preview": DRAFT,
    "decide": DRAFT,
    "release": {},
}


@pytest.mark.django_db(transaction=True)
def test_forms_that_show_an_older_case_are_refused_and_keep_what_was_typed(scene):
    user = scene.staff()
    client = enter(user)
    cases.note(case=scene.case, text="Seen.", by=Actor.user(scene.staff()), at=AT)

    for move, sent in FORMS.items():
        if move == "release":
            cases.claim(case=scene.case, user=user, by=Actor.user(user), at=AT)
        before = everything_about(scene.case)
        for version in ("1", "", "99999999999999999999"):
            response = client.post(
                address(scene.case, move), {"version": version, **MEASURES, **sent}
            )

            shown = response.content.decode()
            # What is not even a number makes an incomplete form.
            assert response.status_code == 409 or (version != "1" and response.status_code == 422)
            assert version != "1" or "changed" in shown
            assert ("What I wrote" in shown) is ("What I wrote" in sent.values())
            assert f'name="version" value="{scene.case.version}"' in shown
            assert everything_about(scene.case) == before


def everything_about(case):
    return (
        state_of(case),
        CaseEntry.objects.filter(case=case).count(),
        AuditEntry.objects.filter(record_id=str(case.pk)).count(),
        case.decisions.count(),
    )


MEASURES = {
    "measures-TOTAL_FORMS": "4",
    "measures-INITIAL_FORMS": "0",
    "ground": "INCOMPATIBLE_CONTENT",
}


@pytest.mark.django_db(transaction=True)
def test_two_people_who_claim_at_once_are_told_who_was_faster(scene):
    claimed(scene, scene.staff())
    client = enter(scene.staff())

    response = client.post(address(scene.case, "claim"), {"version": scene.case.version})

    assert response.status_code == 409
    assert "colleague" in response.content.decode()


@pytest.mark.parametrize("move", ["claim", "release", "renew", "note", "decide", "preview", "edit"])
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.IDENTITY_OFFICER, Role.ADMINISTRATOR])
def test_roles_that_do_not_work_on_cases_move_nothing(scene, role, move):
    client = enter(scene.staff(role))
    before = state_of(scene.case)

    response = client.post(
        address(scene.case, move), {"version": scene.case.version, "text": "x", **MEASURES}
    )

    assert response.status_code == 403
    assert state_of(scene.case) == before
    assert not CaseEntry.objects.filter(case=scene.case).exists()


@pytest.mark.parametrize(
    "move", ["", "claim", "release", "renew", "note", "decide", "preview", "edit"]
)
def test_a_case_of_another_platform_answers_like_a_missing_one(scene, move):
    client = enter(staff_user(PlatformFactory(), *Role))
    ask = client.post if move else client.get
    before = state_of(scene.case)
    missing = Case(pk=scene.platform.pk)

    answer, nothing = ask(address(scene.case, move)), ask(address(missing, move))

    assert answer.status_code == nothing.status_code == 404
    ids = (scene.case.pk, missing.pk)
    assert main_part(answer, *ids) == main_part(nothing, *ids)
    assert state_of(scene.case) == before


@pytest.mark.parametrize("queue", ["mine", "reviews", "second", "appeals"])
@pytest.mark.parametrize("role", list(Role))
def test_each_queue_is_for_its_roles(scene, role, queue):
    allowed = {
        "mine": {Role.REVIEWER, Role.SENIOR},
        "reviews": {Role.REVIEWER, Role.SENIOR},
        "second": {Role.SENIOR},
        "appeals": {Role.SENIOR},
    }

    response = enter(scene.staff(role)).get(reverse("admin:work_queue", args=[queue]))

    assert response.status_code == (200 if role in allowed[queue] else 403)


def test_a_queue_that_does_not_exist_is_not_found(platform):
    client = enter(staff_user(platform))

    assert client.get(reverse("admin:work_queue", args=["nothing"])).status_code == 404


def test_a_queue_shows_the_readers_platforms_only(scene):
    make_scene()

    page = enter(scene.staff()).get(reverse("admin:work_queue", args=["reviews"]))

    assert [item.pk for item in page.context["queue"].items] == [scene.case.pk]


def test_a_case_with_a_held_decision_leaves_the_queue_and_takes_no_other_decision(scene):
    decide(scene.case, scene.staff(), SUSPEND_OWNING)
    client = enter(scene.staff())

    queue = client.get(reverse("admin:work_queue", args=["reviews"])).context["queue"]
    page = client.get(address(scene.case)).content.decode()

    assert queue.items == []
    assert "Waits for a second person" in page
    assert "See the effect" not in page


def test_who_has_a_stake_is_told_instead_of_asked_to_decide(scene):
    user = scene.staff()
    with fixture_rows():
        scene.member.user = user
        scene.member.save(update_fields=["user"])
        Case.objects.filter(pk=scene.case.pk).update(owner_at_opening=scene.member)

    page = enter(user).get(address(scene.case)).content.decode()

    assert "A colleague has to decide it." in page
    assert "See the effect" not in page


def test_names_and_words_in_the_workspace_are_text(scene):
    evil = "<script>alert(1)</script>"
    attach(scene)
    with fixture_rows():
        type(scene.group).objects.filter(pk=scene.group.pk).update(name=evil)
        type(scene.owner).objects.filter(pk=scene.owner.pk).update(display_name=evil)
    user = scene.staff()
    client = enter(user)
    client.post(address(scene.case, "note"), {"version": scene.case.version, "text": evil})

    assert evil not in client.get(address(scene.case)).content.decode()
    assert evil not in client.get(reverse("admin:index")).content.decode()
    assert evil not in client.get(reverse("admin:work_queue", args=["reviews"])).content.decode()
