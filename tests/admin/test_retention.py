"""The page and the metrics that watch the log and the purge: what is wrong is said first."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.urls import reverse

from groups.actions import events, partitions
from groups.queries import partitions as queries
from identity.roles import Role
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.models import PurgeRun
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory, WindowChangeFactory
from tests.factories.events import granted
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SYSTEM = Actor.system("tests")
URL = "admin:retention"


@pytest.fixture(autouse=True)
def a_week_ahead(db):
    """Days from today on, and none that other tests or the real clock left."""
    with connection.cursor() as cursor:
        for row in queries.get_log(at=AT).partitions:
            cursor.execute(f"DROP TABLE {row.name}")
    partitions.ensure(first=AT.date(), last=AT.date() + 7 * DAY, by=SYSTEM, at=AT)


def purged(at):
    run = purge.run(by=SYSTEM, at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accord.purging', '', true)")
    return run


def page(platform, role=Role.ADMINISTRATOR):
    return enter(staff_user(platform, role)).get(reverse(URL)).content.decode()


def scrape(client, settings):
    settings.METRICS_TOKEN = "right"
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines())
        if name.startswith("accord_")
    }


def test_where_all_is_well_nobody_is_alarmed(platform):
    purged(AT - timedelta(hours=9))

    text = page(platform)

    assert "Nothing needs anybody" in text
    assert "What needs somebody" not in text


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (-1, "No partition exists for today"),
        (0, "No partition exists for tomorrow"),
        (2, "Partitions exist for 2 days ahead, not 7"),
    ],
)
def test_missing_days_are_announced_with_what_to_do(platform, last, said):
    with connection.cursor() as cursor:
        for row in queries.get_log(at=AT).partitions:
            if row.day > (AT + last * DAY).date():
                cursor.execute(f"DROP TABLE {row.name}")

    text = page(platform)

    assert said in text
    assert "manage.py create_partitions" in text
    assert queries.get_log(at=AT).days_ahead == last


def test_a_day_that_should_have_left_and_one_that_was_not_dropped_are_named(platform):
    for days in (186, 187):
        day = (AT - days * DAY).date()
        partitions.ensure(first=day, last=day, by=SYSTEM, at=AT)
    with connection.cursor() as cursor:
        name = partitions.name_of((AT - 187 * DAY).date())
        cursor.execute(f"ALTER TABLE groups_logentry DETACH PARTITION {name}")

    text = page(platform)

    assert "1 day of the log should have been dropped, the oldest is 30 Apr 2026" in text
    assert "The day 29 Apr 2026 is out of the log and not dropped" in text


def test_a_day_is_overdue_from_the_moment_its_last_instant_is_past_the_window():
    for days in (183, 184):
        day = (AT - days * DAY).date()
        partitions.ensure(first=day, last=day, by=SYSTEM, at=AT)

    assert [AT.date() - row.day for row in queries.get_log(at=AT).overdue] == [184 * DAY]


def test_a_purge_that_is_late_or_failed_is_announced(platform):
    assert "No purge has finished yet. The next one begins 3 Nov 2026, 02:35 UTC." in page(platform)
    purged(AT - 3 * DAY)
    with fixture_rows():
        PurgeRun.objects.create(is_dry=False, as_of=AT, started_at=AT - DAY, run_by="tests")

    text = page(platform)

    assert "The last purge finished 3 days ago" in text
    assert "1 purge since then failed or was interrupted" in text


def test_a_purge_at_work_is_told_from_one_that_was_killed(platform):
    with fixture_rows():
        PurgeRun.objects.create(is_dry=False, as_of=AT, started_at=AT, run_by="tests")
    assert "1 purge failed or was interrupted" in page(platform)

    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [purge.LOCK])
        text = page(platform)
    finally:
        other.close()

    assert "interrupted" not in text
    assert "Running" in text


def test_figures_come_without_counting_a_row(platform):
    events.ingest(platform=platform, events=[granted("p", group="g", days=-3)], by=SYSTEM, at=AT)
    HoldFactory(platform=platform)
    client = enter(staff_user(platform, Role.AUDITOR))
    client.get(reverse(URL))

    text = client.get(reverse(URL)).content.decode()

    assert "3 days ago" in text
    assert "past its window 2 May 2027" in text
    assert "<svg" in text
    assert "groups_logentry" in text


def test_the_page_costs_the_same_with_many_days(platform, django_assert_max_num_queries):
    partitions.ensure(first=AT.date() - 60 * DAY, last=AT.date(), by=SYSTEM, at=AT)
    client = enter(staff_user(platform, Role.AUDITOR))
    client.get(reverse(URL))

    # Twenty of them for the first days of the log, which are empty here.
    with django_assert_max_num_queries(40):
        client.get(reverse(URL))


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR, Role.IDENTITY_OFFICER])
def test_other_roles_do_not_see_it(platform, role):
    response = enter(staff_user(platform, role)).get(reverse(URL))

    assert response.status_code == 403
    assert "Log and retention" not in response.content.decode()


def test_the_same_as_metrics(client, settings, platform):
    purged(AT - timedelta(hours=9))
    events.ingest(platform=platform, events=[granted("p", group="g", days=-3)], by=SYSTEM, at=AT)
    with fixture_rows():
        HoldFactory(platform=platform, reviewed_at=AT - 60 * DAY, review_at=AT - DAY)
    HoldFactory(platform=platform)
    WindowChangeFactory()

    found = scrape(client, settings)

    sizes = found.pop("accord_log_bytes")
    assert sizes > 0
    assert found == {
        'accord_log_partitions{state="attached"}': 9,
        'accord_log_partitions{state="half_detached"}': 0,
        'accord_log_partitions{state="left_over"}': 0,
        "accord_log_days_ahead": 7,
        "accord_log_days_overdue": 0,
        "accord_log_window_days": 183,
        "accord_log_oldest_seconds": 3 * 24 * 3600,
        "accord_last_purge_age_seconds": 9 * 3600,
        "accord_purges_failed": 0,
        "accord_purge_running": 0,
        "accord_holds_standing": 2,
        "accord_holds_overdue": 1,
        "accord_window_changes_waiting": 1,
    }
