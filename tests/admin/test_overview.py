"""The first page: numbers of the reader's platforms, and counts that cost one query."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.queries import workload
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import AppealFactory, CaseFactory, DecisionFactory
from tests.factories.identity import staff_user
from tests.groups.scene import SUSPEND_OWNING, another_case, decide

HOME = reverse("admin:index")


@pytest.fixture
def cases(platform):
    """Three open cases: one late by 30 hours, one due in 5 hours, one with the owner."""
    late = CaseFactory(platform=platform, state="WITH_STAFF", due_at=AT - timedelta(hours=30))
    CaseFactory(platform=platform, state="WITH_SENIOR", due_at=AT + timedelta(hours=5))
    CaseFactory(platform=platform, state="WITH_OWNER", due_at=AT + timedelta(days=3))
    CaseFactory(state="WITH_STAFF", due_at=AT - timedelta(hours=90))  # of another platform
    return late


def test_the_cards_count_the_readers_platforms(platform, cases):
    page = enter(staff_user(platform)).get(HOME)

    cards = {card.title: (card.number, card.note) for card in page.context["cards"]}
    assert cards == {
        "Open cases": (3, "2 unassigned"),
        "Past deadline": (1, "oldest 30 hours late"),
        "Due in 24 hours": (1, ""),
        "Appeals waiting": (0, "none waits"),
    }
    shown = page.content.decode()
    assert cases.reference in shown
    assert "All that are late" not in shown


def test_the_chart_has_its_numbers_in_a_table_beside_it(platform):
    CaseFactory.create_batch(2, platform=platform, opened_at=AT - timedelta(days=3))
    decided = AT - timedelta(days=1)
    CaseFactory(
        platform=platform,
        state="DECIDED",
        due_at=None,
        opened_at=AT - timedelta(days=40),
        decided_at=decided,
    )

    page = enter(staff_user(platform)).get(HOME)

    chart = page.context["chart"]
    assert (chart.opened, chart.decided) == (2, 1)
    assert len(chart.columns) == 30
    assert chart.columns[-1].label == "2 Nov"
    assert [column.opened for column in chart.columns][-4] == 2
    assert '<th scope="row">30 Oct</th><td>2</td><td>0</td>' in page.content.decode()


def test_deadlines_are_kept_by_queue(platform, cases):
    queues = workload.list_queues(platforms=[platform.pk], at=AT)

    assert [(queue.name, queue.waiting, queue.in_time, queue.percent) for queue in queues] == [
        ("With the owner", 1, 1, 100),
        ("With staff", 1, 0, 0),
        ("With senior staff", 1, 1, 100),
        ("Appeals", 0, 0, 100),
    ]


def test_the_median_age_of_appeals_is_on_its_card(platform):
    for days in (1, 3, 9):
        case = CaseFactory(platform=platform, state="DECIDED", due_at=None, decided_at=AT)
        AppealFactory(
            decision=DecisionFactory(case=case, outcome="DISMISSED", points=0),
            submitted_at=AT - timedelta(days=days),
            due_at=AT + timedelta(days=5),
        )

    page = enter(staff_user(platform)).get(HOME)

    card = page.context["cards"][3]
    assert (card.number, card.note) == (3, "median age 3 days")


def test_the_counts_beside_the_queues_are_one_query_kept_for_30_seconds(scene):
    another_case(scene)
    decide(scene.case, scene.staff(), SUSPEND_OWNING)
    reader = scene.senior()
    client = enter(reader)

    asked = [_grouped(client), _grouped(client)]

    assert asked == [1, 0]
    page = client.get(HOME).content.decode()
    assert "Report reviews" in page
    counts = workload.get_workload(
        user_id=reader.pk,
        at=AT,
        claim_on=[scene.platform.pk],
        approve_on=[scene.platform.pk],
        appeals_on=[scene.platform.pk],
    )
    assert counts == workload.Workload(mine=0, reviews=1, second=1, appeals=0)


def _grouped(client):
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("admin:log"))
    return sum("UNION ALL" in query["sql"] for query in captured)


def test_counts_of_one_person_are_not_shown_to_another(platform):
    with fixture_rows():
        mine = CaseFactory(platform=platform, state="WITH_STAFF")
    claimer, other = staff_user(platform), staff_user(platform)
    with fixture_rows():
        type(mine).objects.filter(pk=mine.pk).update(
            assignee=claimer, leased_until=AT + timedelta(minutes=15)
        )

    counts = [
        workload.get_workload(
            user_id=person.pk, at=AT, claim_on=[platform.pk], approve_on=[], appeals_on=[]
        ).mine
        for person in (claimer, other)
    ]

    assert counts == [1, 0]


def test_the_overview_costs_the_same_for_many_cases(platform, cases):
    client = enter(staff_user(platform))
    client.get(HOME)
    few = _queries(client)
    CaseFactory.create_batch(9, platform=platform, state="WITH_STAFF", due_at=AT)

    assert _queries(client) == few


def _queries(client):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(HOME).status_code == 200
    return len(captured)


def test_staff_of_another_platform_see_none_of_it(cases):
    page = enter(staff_user(PlatformFactory())).get(HOME)

    assert [card.number for card in page.context["cards"]] == [0, 0, 0, 0]
    assert cases.reference not in page.content.decode()
