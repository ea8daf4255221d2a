import pytest
from django.db import connection

from groups import notice_phrases, wording
from groups.actions import notices, templates
from groups.models import Measure, NoticeTemplate
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import DecisionFactory, FlagFactory
from tests.factories.identity import AccountFactory
from tests.groups.place import BY_TESTS, make_place, refused
from tests.groups.scene import CLOSE, SUSPEND_OWNING, WARN, decide_in_effect, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return make_place()


def publish(place, subject="Hello {recipient}", body="About {group}.", **changes):
    words = {"kind": "CASE_OPENED", "language": "en"} | changes
    return templates.publish(
        platform=place.platform, subject=subject, body=body, by=BY_TESTS, at=AT, **words
    )


def write(place, case, recipient=None, slots=None, kind="CASE_OPENED"):
    return notices.write(
        kind=kind,
        recipient=recipient or place.owner,
        slots=slots or {},
        platform=place.platform,
        case=case,
        by=BY_TESTS,
        at=AT,
    )


def test_a_notice_is_written_in_the_words_in_use_and_kept_as_sent(place):
    case = place.open_case(code="R-3")
    notice = write(place, case)

    publish(place, subject="Other words", body="Other words")

    notice.refresh_from_db()
    assert notice.subject == f"{case.reference}: a report in Night owls needs your answer"
    assert "Threats to life" in notice.body
    assert "by 2 November 2026, 16:00 UTC" in notice.body
    assert f"http://127.0.0.1:8000/cases/{case.reference}/" in notice.body
    assert (notice.template.version, notice.template.retired_at) == (1, AT)
    assert write(place, case).subject == "Other words"


def test_it_is_in_the_reader_s_language_and_time_zone(place):
    case = place.open_case(code="R-3")
    user = place.owner.user
    user.language, user.timezone = "de", "Europe/Berlin"

    notice = write(place, case)

    assert notice.language == "de"
    assert "bis 2. November 2026, 17:00 CET" in notice.body


@pytest.mark.parametrize(
    ("reader", "platform_language", "expected"),
    [("de-AT", "en", "de"), ("fr", "de", "de"), ("fr", "fr", "en"), (None, "de", "de")],
)
def test_without_words_in_the_reader_s_language_the_platform_s_then_english_are_used(
    reader, platform_language, expected
):
    place = make_place(language=platform_language)
    case = place.open_case(code="R-3")
    if reader is None:
        place.owner.user = None
    else:
        place.owner.user.language = reader

    assert write(place, case).language == expected


def test_words_for_the_rule_come_before_words_for_all(place):
    publish(place, subject="Of this rule", rule_code="R-3")
    publish(place, subject="Of another rule", rule_code="R-1")

    assert write(place, place.open_case(code="R-3")).subject == "Of this rule"


def test_the_reader_s_language_comes_before_words_for_the_rule(place):
    publish(place, subject="Of this rule", rule_code="R-3")
    place.owner.user.language = "de"

    assert write(place, place.open_case(code="R-3")).language == "de"


def test_a_decision_is_told_in_the_words_of_its_weightiest_measure():
    scene = make_scene()
    decision = decide_in_effect(scene, WARN, SUSPEND_OWNING)

    notice = scene.owner.notices.get(kind="DECISION")
    assert notice.subject == f"{scene.case.reference}: a privilege was suspended"
    assert decision.reference in notice.body
    for said in (
        "your account, in the group Night owls",
        "The rule on scams forbids it.",
        "Three members were asked for deposits.",
        "- A warning.",
        "- Owning groups is suspended for 30 days. Until 2 December 2026, 12:00 UTC.\n",
        "- It takes 2 points of your standing, under version 1 of the standing policy. Until 1 May",
        "1 May 2027, 12:00 UTC.\n\nNo automated",
        "No automated means were used",
        "You can appeal until",
    ):
        assert said in notice.body


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [
        ("en", 1, "Owning groups is suspended for 1 day."),
        ("en", 2, "Owning groups is suspended for 2 days."),
        ("de", 1, "Das Recht, Gruppen zu besitzen, ist für einen Tag ausgesetzt."),
        ("de", 2, "Das Recht, Gruppen zu besitzen, ist für 2 Tage ausgesetzt."),
    ],
)
def test_one_day_is_no_plural(language, days, said):
    measure = Measure(kind="SUSPEND", privilege="OWN_GROUP", days=days)

    assert notice_phrases.say(measure, language=language) == said


def test_a_notice_says_when_a_machine_found_what_was_decided_on(place):
    decision = DecisionFactory(case=place.open_case(), automated_detection=True)

    notice = notices.write(
        kind="DECISION",
        recipient=place.owner,
        slots={},
        platform=place.platform,
        decision=decision,
        by=BY_TESTS,
        at=AT,
    )

    assert "What was reported had been found by automated means." in notice.body


def test_an_owner_is_not_told_what_another_person_s_standing_lost():
    scene = make_scene(about="member")
    decide_in_effect(scene, WARN)

    to_member = scene.member.notices.get(kind="DECISION")
    to_owner = scene.owner.notices.get(kind="DECISION")
    assert "of your standing" in to_member.body
    assert "of your standing" not in to_owner.body
    assert "the account Mats, in the group Night owls" in to_owner.body
    assert to_owner.subject == f"{scene.case.reference}: a decision about Night owls"


@pytest.mark.parametrize(
    ("language", "can", "cannot"),
    [
        ("en", "You can appeal until", "The person it is about can appeal until 2 December"),
        ("de", "Sie können bis", "Die Person, um die es geht, kann bis 2. Dezember"),
    ],
)
def test_only_who_can_appeal_is_told_how(language, can, cannot):
    scene = make_scene(about="member")
    for account in (scene.member, scene.owner):
        account.user.language = language
        account.user.save()
    decision = decide_in_effect(scene, WARN)

    to_member = scene.member.notices.get(kind="DECISION").body
    to_owner = scene.owner.notices.get(kind="DECISION").body
    assert can in to_member
    assert "Appeal this decision" in to_member
    assert cannot not in to_member
    assert cannot in to_owner
    assert can not in to_owner
    assert "Appeal this decision" not in to_owner
    for body in (to_member, to_owner):
        assert f"/decisions/{decision.reference}/" in body


def test_an_owner_who_reported_it_is_told_how_to_appeal():
    scene = make_scene(about="member")
    FlagFactory(case=scene.case, reporter=scene.owner)
    decide_in_effect(scene, WARN)

    assert "You can appeal until" in scene.owner.notices.get(kind="DECISION").body


def test_a_closed_group_is_in_the_subject_line_for_everybody_it_concerns():
    scene = make_scene(about="group")
    decide_in_effect(scene, CLOSE)

    notice = scene.owner.notices.get(kind="DECISION")
    assert notice.subject == f"{scene.case.reference}: Night owls was closed"
    assert "- The group is closed." in notice.body


def test_an_unfilled_slot_refuses_to_send(place):
    case = place.case_with_staff()
    publish(place, body="Since {missing}, {group}")

    for slots in ({}, {"missing": "  "}, {"missing": None}):
        with refused(wording.UnfilledSlot, match="missing"):
            write(place, case, slots=slots)

    assert place.owner.notices.count() == 0
    assert write(place, case, slots={"missing": "Monday"}).body == "Since Monday, Night owls"


def test_what_a_value_contains_is_never_taken_for_a_slot(place):
    publish(place, body="{missing} {group}")

    notice = write(place, place.case_with_staff(), slots={"missing": "{group} {0.__class__}"})

    assert notice.body == "{group} {0.__class__} Night owls"


@pytest.mark.parametrize("body", ["Hello {", "Hello }", "Hello {Name}", "{a.b}", "{0}", "{{x}}"])
def test_a_template_with_a_stray_brace_is_not_published(place, body):
    with refused(wording.BrokenTemplate):
        publish(place, body=body)


def test_a_platform_without_words_is_told_so(place):
    NoticeTemplate.objects.filter(platform=place.platform).delete()

    with refused(notices.NoWords):
        write(place, place_case(place))


def place_case(place):
    other = make_place()
    case = other.case_with_staff()
    case.platform = place.platform
    return case


def test_a_subject_line_is_one_line_and_fits(place):
    place.group.name = "Night\nowls " * 30
    publish(place, subject="{group}")
    case = place.case_with_staff()
    case.group = place.group

    notice = write(place, case)

    assert len(notice.subject) == 200
    assert "\n" not in notice.subject


def test_people_without_a_sign_in_are_told_in_the_portal_only(place):
    case = place.case_with_staff()
    nobody = AccountFactory(platform=place.platform)
    gone = place.person(is_active=False)

    assert write(place, case, nobody).mail_due_at is None
    assert write(place, case, gone).mail_due_at is None
    assert write(place, case).mail_due_at == AT


def test_of_one_kind_a_person_gets_one_notice_about_a_decision(place):
    decision = DecisionFactory(
        case__platform=place.platform,
        case__group=place.group,
        case__subject=place.member,
        case__rule=place.rule(),
    )
    sent = [
        notices.write(
            kind="DECISION",
            recipient=place.member,
            slots={},
            platform=place.platform,
            decision=decision,
            by=BY_TESTS,
            at=AT,
        )
        for _ in range(2)
    ]

    assert sent[0] == sent[1]
    assert (sent[0].case, sent[0].group) == (decision.case, place.group)


def test_partners_hear_that_a_notice_was_sent_but_not_what_it_says(place):
    case = place.case_with_staff()
    notice = write(place, case)

    event = OutboxEvent.objects.get(type="accord.notice.created.v1", subject=str(notice.pk))
    assert event.data == {
        "kind": "CASE_OPENED",
        "account": place.owner.external_id,
        "group": "g-owls",
        "case": case.reference,
    }


def test_the_words_are_not_readable_in_the_database(place):
    publish(place, body="canary")
    notice = write(place, place.case_with_staff())

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM groups_notice WHERE id = %s", [notice.pk])
        assert b"canary" not in bytes(cursor.fetchone()[0])


def test_a_notice_is_marked_read_once(place):
    notice = write(place, place.case_with_staff())

    for _ in range(3):
        notices.mark_read(notice=notice, by=BY_TESTS, at=AT)

    notice.refresh_from_db()
    assert notice.read_at == AT
    assert AuditEntry.objects.filter(action="notices.mark_read").count() == 1


def test_default_words_exist_for_every_kind_in_both_languages():
    platform = PlatformFactory()
    templates.install_defaults(platform=platform, by=BY_TESTS, at=AT)
    made = templates.install_defaults(platform=platform, by=BY_TESTS, at=AT)

    assert made == []
    known = set(NoticeTemplate.objects.values_list("language", "kind"))
    kinds = NoticeTemplate._meta.get_field("kind").choices
    assert known == {(language, kind) for language in ("en", "de") for kind, _ in kinds}


def test_every_default_template_has_the_same_slots_in_both_languages():
    templates.install_defaults(platform=PlatformFactory(), by=BY_TESTS, at=AT)
    slots = {}
    for words in NoticeTemplate.objects.all():
        found = wording.slots_in(words.subject + words.body)
        slots.setdefault((words.kind, words.measure_kind), []).append(found)

    for key, (one, other) in slots.items():
        assert one == other, key
