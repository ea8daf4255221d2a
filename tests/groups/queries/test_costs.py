"""Bar 38: a list costs the same number of queries at 10 and at 1,000 rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groups.actions import cases as case_actions
from groups.models import Case, CaseEntry, Evidence, Flag, Notice
from groups.queries import cases, log_pages, notices
from identity import access
from identity.roles import Permission
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import RuleFactory
from tests.factories.log import make_days, write_many
from tests.groups.place import make_place

pytestmark = pytest.mark.django_db


class Many:
    """Rows of every kind that the lists show, each with its own rule, about one group."""

    def __init__(self):
        self.place = make_place()
        self.user = self.place.staff("SENIOR")
        self.case = None

    def add(self, count):
        place, first = self.place, Case.objects.count()
        rule = RuleFactory(platform=place.platform, code=f"X-{first}")
        subjects = [place.person(f"Member {first + n}") for n in range(min(count, 20))]
        rules = [
            RuleFactory(platform=place.platform, code=f"Y-{first + n}")
            for n in range(-(-count // len(subjects)))
        ]
        with fixture_rows():
            made = Case.objects.bulk_create(
                Case(
                    platform=place.platform,
                    group=place.group,
                    subject=subjects[n % len(subjects)],
                    rule=rules[n // len(subjects)],
                    severity=rule.severity,
                    state=Case.State.WITH_OWNER if n % 2 else Case.State.WITH_STAFF,
                    due_at=AT + timedelta(minutes=n),
                    owner_at_opening=place.owner,
                    opened_at=AT,
                )
                for n in range(count)
            )
            CaseEntry.objects.bulk_create(
                CaseEntry(case=case, kind="OPENED", is_public=True, at=AT) for case in made
            )
            Notice.objects.bulk_create(
                Notice(
                    platform=place.platform,
                    recipient=place.owner,
                    kind="CASE_OPENED",
                    case=case,
                    group=place.group,
                    language="en",
                    subject="S",
                    body="B",
                    created_at=AT,
                )
                for case in made
            )
        self.case = self.case or made[0]
        self.add_to_case(count)

    def add_to_case(self, count):
        flags = Flag.objects.bulk_create(
            Flag(platform=self.place.platform, case=self.case, statement="S", received_at=AT)
            for _ in range(count)
        )
        Evidence.objects.bulk_create(
            Evidence(flag=flag, excerpt="E", sha256="0" * 64, attached_at=AT) for flag in flags
        )
        CaseEntry.objects.bulk_create(
            CaseEntry(case=self.case, kind="NOTE", is_public=True, at=AT, by_user=self.user)
            for _ in range(count)
        )

    def read(self, name):
        owner, user, case = self.place.owner.user, self.user, self.case
        return {
            "queue": lambda: [rows(one) for one in cases.list_queue(user=user)],
            "claimed": lambda: [rows(one) for one in cases.list_claimed(user=user, at=AT)],
            "unclaimed": lambda: [rows(one) for one in cases.list_unclaimed(user=user, at=AT)],
            "overdue": lambda: list(cases.list_overdue(at=AT + timedelta(days=9))),
            "closable": lambda: list(cases.list_closable(at=AT)),
            "of an owner": lambda: [rows(one) for one in cases.list_for_owner(user=owner)],
            "to answer": lambda: [rows(one) for one in cases.list_to_answer(user=owner)],
            "timeline": lambda: [
                (one.by_user, one.by_account)
                for one in cases.list_timeline(case=case, public_only=False)
            ],
            "reported": lambda: cases.list_reported(case=case),
            "notices": lambda: [
                (one.case, one.group, one.platform) for one in notices.list_for(user=owner)
            ],
            "unread": lambda: notices.count_unread(user=owner),
        }[name]()


def rows(case):
    """Touch what a row of a list shows."""
    return case.reference, case.group.name, case.rule.title, str(case.subject), case.assignee_id


LISTS = {
    "queue": 1,
    "claimed": 1,
    "unclaimed": 1,
    "overdue": 1,
    "closable": 1,
    "of an owner": 1,
    "to answer": 1,
    "timeline": 1,
    "reported": 2,
    "notices": 1,
    "unread": 1,
}


def test_lists_cost_the_same_at_ten_and_at_a_thousand_rows():
    many = Many()
    # Content types are looked up once a process.
    access.platforms_for(many.user, Permission.VIEW_RECORDS).exists()
    costs = []
    for count in (10, 990):
        many.add(count)
        counted = {}
        for name in LISTS:
            with CaptureQueriesContext(connection) as queries:
                many.read(name)
            counted[name] = len(queries)
        costs.append(counted)

    assert len(many.read("queue")) == 500
    assert len(many.read("of an owner")) == 1000
    assert costs == [LISTS, LISTS]


def test_taking_the_next_costs_the_same_among_ten_and_a_thousand():
    many = Many()
    access.platforms_for(many.user, Permission.VIEW_RECORDS).exists()
    costs = []
    for count in (10, 990):
        many.add(count)
        with CaptureQueriesContext(connection) as queries:
            case_actions.take_next(user=many.user, by=Actor.user(many.user), at=AT)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_a_page_of_the_log_costs_the_same_among_a_hundred_and_a_thousand_events():
    place = make_place()
    make_days(40)
    wanted = {
        "all": log_pages.Wanted(platform_ids=frozenset([place.platform.pk])),
        "kind": log_pages.Wanted(platform_ids=frozenset([place.platform.pk]), kind="role.granted"),
        "group": log_pages.Wanted(platform_ids=frozenset(), group_ids=(place.group.pk,)),
        "account": log_pages.Wanted(platform_ids=frozenset(), account_ids=(place.member.pk,)),
    }
    costs = []
    for count in (10, 90, 900):
        write_many(place.group, count, subject=place.member)
        counted = {}
        for name, asked in wanted.items():
            with CaptureQueriesContext(connection) as queries:
                page = log_pages.get_page(wanted=asked, cursor=None, size=50, at=AT)
                log_pages.Names.of(page.rows)
            counted[name] = len(queries)
        costs.append(counted)

    # Where a page does not fill, the walk goes through the window in a bounded number of steps.
    assert max(costs[0].values()) <= 19
    # Where it does: two to know where the log begins, one for the rows, the groups, the accounts.
    assert costs[1:] == [dict.fromkeys(wanted, 5)] * 2


def test_no_index_lures_the_planner_into_walking_all_tenures_of_everybody():
    """With the account as a column of its own the constraint's index did, at a million tenures."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_am m ON m.oid = c.relam JOIN pg_attribute a"
            " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = 'groups_tenure'::regclass AND m.amname = 'gist'"
        )
        found = set(cursor.fetchall())
    assert found == {
        ("one_owner_at_any_instant", "group_id"),
        ("one_owner_at_any_instant", "period"),
        ("no_overlapping_tenures_of_one_account_in_a_group", "period"),
    }
