"""Each constraint and trigger of rules, cases and notices, broken once."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, connection

from groups.models import Case, CaseEntry, Flag, Notice, NoticeTemplate, Rule
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import (
    CaseFactory,
    DecisionFactory,
    FlagFactory,
    NoticeFactory,
    RuleFactory,
)
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def breaks(name, write):
    with pytest.raises(IntegrityError, match=rf"\b{name}\b"), fixture_rows():
        write()


def put(write):
    with fixture_rows():
        return write()


def change(record, **fields):
    """By the ORM's update, which asks no action; raw SQL meets the same triggers."""
    return lambda: type(record).objects.filter(pk=record.pk).update(**fields)


def raw(sql, *params):
    def run():
        with connection.cursor() as cursor:
            cursor.execute(sql, params)

    return run


def entry(case, kind="NOTE", **fields):
    row = {"case": case, "kind": kind, "is_public": False, "at": AT} | fields
    return CaseEntry.objects.create(**row)


def template(**fields):
    words = {"kind": "DECISION", "language": "en", "version": 1, "subject": "S", "body": "B"}
    return NoticeTemplate.objects.create(**(words | {"published_at": AT} | fields))


# Rules


def test_a_rule_version_is_published_once():
    rule = RuleFactory(retired_at=AT)
    again = {"platform": rule.platform, "code": rule.code}
    breaks("a_rule_version_is_published_once", lambda: RuleFactory(**again, version=1))
    assert RuleFactory(**again, version=2)


def test_one_version_of_a_rule_is_in_force():
    rule = RuleFactory()
    again = {"platform": rule.platform, "code": rule.code}
    breaks("one_version_of_a_rule_is_in_force", lambda: RuleFactory(**again, version=2))
    assert RuleFactory(code=rule.code)


@pytest.mark.parametrize(
    "terms",
    [
        {"code": "R-X"},
        {"version": 9},
        {"title": "Other"},
        {"text": "Other"},
        {"severity": "LOW"},
        {"response_hours": 1},
        {"staff_hours": 1},
        {"skips_owner": True},
        {"dsa_category": "STATEMENT_CATEGORY_VIOLENCE"},
        {"dsa_keyword": "KEYWORD_OTHER"},
    ],
    ids=lambda terms: next(iter(terms)),
)
def test_a_published_rule_keeps_its_terms(terms):
    rule = RuleFactory()
    breaks("a_published_rule_keeps_its_terms", change(rule, **terms))
    assert change(rule, retired_at=AT)() == 1
    assert Rule.objects.get().retired_at == AT


# Cases


@pytest.fixture
def case(db):
    return CaseFactory()


def test_one_open_case_per_group_subject_and_rule(case):
    name = "one_open_case_per_group_subject_and_rule"
    same = {"group": case.group, "subject": case.subject, "rule": case.rule}
    breaks(name, lambda: CaseFactory(**same, state="WITH_SENIOR"))
    about_group = CaseFactory(subject=None)
    same = {"group": about_group.group, "subject": None, "rule": about_group.rule}
    breaks(name, lambda: CaseFactory(**same))
    assert CaseFactory(**same, state="DECIDED", decided_at=AT)


def test_an_open_case_has_a_deadline(case):
    breaks("an_open_case_has_a_deadline", change(case, due_at=None))


def test_a_decided_case_says_since_when():
    breaks("a_decided_case_says_since_when", lambda: CaseFactory(state="DECIDED"))


def test_a_closed_case_says_since_when():
    breaks(
        "a_closed_case_says_since_when",
        lambda: CaseFactory(state="CLOSED", decided_at=AT),
    )


def test_a_case_is_claimed_with_a_lease(case):
    name = "a_case_is_claimed_with_a_lease"
    breaks(name, change(case, assignee=UserFactory()))
    breaks(name, change(case, leased_until=AT))


LEGAL = {
    ("WITH_OWNER", "WITH_STAFF"),
    ("WITH_OWNER", "WITH_SENIOR"),
    ("WITH_STAFF", "WITH_SENIOR"),
    ("WITH_SENIOR", "WITH_STAFF"),
    ("WITH_STAFF", "DECIDED"),
    ("WITH_SENIOR", "DECIDED"),
    ("DECIDED", "CLOSED"),
}
STEPS = [(old, new) for old in Case.State.values for new in Case.State.values if old != new]


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_case_moves_by_legal_steps(step):
    old, new = step
    case = CaseFactory(state=old, decided_at=AT, closed_at=AT)
    if step in LEGAL:
        assert put(change(case, state=new)) == 1
    else:
        breaks("case_moves_by_legal_steps", change(case, state=new))


def test_a_missed_deadline_is_recorded_once(case):
    put(change(case, breached_at=AT))
    name = "a_missed_deadline_is_recorded_once"
    breaks(name, change(case, breached_at=AT + HOUR))
    breaks(name, change(case, breached_at=None))


def test_a_case_keeps_what_it_is_about(case):
    name = "a_case_keeps_what_it_is_about"
    other = CaseFactory()
    breaks(name, change(case, platform=other.platform))
    breaks(name, change(case, group=other.group))
    breaks(name, change(case, subject=other.subject))
    breaks(name, change(case, subject=None))
    breaks(name, change(case, rule=other.rule))
    breaks(name, change(case, opened_at=AT + HOUR))
    breaks(name, change(case, number=case.number + 1000))


def test_case_numbers_are_unique(case):
    breaks("groups_case_number_key", lambda: CaseFactory(number=case.number))


# Flags


def test_a_flag_is_taken_once():
    flag = FlagFactory(external_id="report-1")
    again = {"platform": flag.platform, "case__platform": flag.platform}
    breaks("a_flag_is_taken_once", lambda: FlagFactory(**again, external_id="report-1"))
    assert FlagFactory(external_id="report-1")
    assert [FlagFactory(case=flag.case, external_id=None) for _ in range(2)]
    assert Flag.objects.count() == 4


# Timeline


def test_a_case_escalates_once_per_level(case):
    entry(case, "ESCALATED", left_state="WITH_OWNER")
    name = "a_case_escalates_once_per_level"
    breaks(name, lambda: entry(case, "ESCALATED", left_state="WITH_OWNER"))
    assert entry(case, "ESCALATED", left_state="WITH_STAFF")


def test_an_escalation_says_which_level_it_left(case):
    breaks("an_escalation_says_which_level_it_left", lambda: entry(case, "ESCALATED"))


def test_the_timeline_is_append_only(case):
    line = entry(case, body="as it was")
    name = "timeline_is_append_only"
    breaks(name, change(line, kind="OPENED"))
    breaks(name, change(line, body="rewritten"))
    breaks(name, line.delete)
    breaks(name, raw("UPDATE groups_caseentry SET is_public = true"))
    breaks(name, raw("DELETE FROM groups_caseentry"))
    line.refresh_from_db()
    assert (line.kind, line.body) == ("NOTE", "as it was")


def test_the_timeline_is_never_truncated():
    breaks("timeline_is_never_truncated", raw("TRUNCATE groups_caseentry"))


def test_the_purge_alone_deletes_lines_of_the_timeline(case):
    line = entry(case)
    with fixture_rows(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accord.purging', 'on', true)")
        line.delete()
        cursor.execute("SELECT set_config('accord.purging', '', true)")
    assert CaseEntry.objects.count() == 0


# Notices


def test_a_template_version_is_published_once():
    platform = PlatformFactory()
    template(platform=platform, retired_at=AT)
    breaks("a_template_version_is_published_once", lambda: template(platform=platform))
    assert template(platform=platform, rule_code="R-1")


def test_one_version_of_a_template_is_in_use():
    platform = PlatformFactory()
    template(platform=platform)
    name = "one_version_of_a_template_is_in_use"
    breaks(name, lambda: template(platform=platform, version=2))
    assert template(platform=platform, language="de")


@pytest.mark.parametrize("words", [{"subject": "X"}, {"body": "X"}, {"language": "de"}])
def test_a_published_template_keeps_its_words(words):
    made = template(platform=PlatformFactory())
    breaks("a_published_template_keeps_its_words", change(made, **words))
    assert change(made, retired_at=AT)() == 1


def test_a_notice_is_kept_as_sent():
    notice = NoticeFactory()
    name = "a_notice_is_kept_as_sent"
    breaks(name, change(notice, recipient=AccountFactory()))
    breaks(name, change(notice, kind="DECISION"))
    breaks(name, change(notice, language="de"))
    breaks(name, change(notice, subject="X"))
    breaks(name, change(notice, created_at=AT + HOUR))
    assert change(notice, read_at=AT, mailed_at=AT)() == 1


def test_a_notice_keeps_its_words():
    notice = NoticeFactory()
    breaks("a_notice_keeps_its_words", change(notice, body="X"))
    assert Notice.objects.get().body == "Please answer."


def test_one_notice_of_a_kind_per_decision_and_person():
    decision = DecisionFactory()
    notice = NoticeFactory(platform=decision.platform, kind="DECISION", decision=decision)
    again = {"platform": decision.platform, "recipient": notice.recipient, "decision": decision}
    name = "one_notice_of_a_kind_per_decision_and_person"
    breaks(name, lambda: NoticeFactory(**again, kind="DECISION"))
    assert NoticeFactory(**again, kind="REPORT_DECIDED")


def test_every_constraint_and_trigger_of_these_models_is_broken_here():
    models = (Rule, Case, Flag, CaseEntry, NoticeTemplate, Notice)
    names = {one.name for model in models for one in model._meta.constraints}
    names |= {trigger.name for model, trigger in pgtrigger.registered() if model in models}
    with open(__file__) as file:
        source = file.read()
    assert {name for name in names if f'"{name}"' not in source} == set()
