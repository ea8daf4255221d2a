from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from groups.models import (
    Case,
    CaseEntry,
    Decision,
    Evidence,
    Flag,
    HeldLogEntry,
    Notice,
)
from portal.core.actions import holds, purge
from portal.core.actors import Actor
from portal.core.models import AuditEntry, Hold, OutboxEvent, WebhookDelivery
from tests.factories.base import AT, fixture_rows
from tests.factories.core import (
    HoldFactory,
    OutboxEventFactory,
    PlatformFactory,
    WebhookEndpointFactory,
)
from tests.factories.groups import (
    CaseFactory,
    DecisionFactory,
    FlagFactory,
    GroupFactory,
    NoticeFactory,
    RoleEventFactory,
)
from tests.factories.identity import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
LONG_AGO = AT - timedelta(days=800)


def closed_case(**fields):
    closed = {"state": Case.State.CLOSED, "decided_at": LONG_AGO, "closed_at": LONG_AGO}
    return CaseFactory(**closed, **fields)


def evidence_of(case):
    with fixture_rows():
        return Evidence.objects.create(
            flag=FlagFactory(case=case),
            excerpt="Send the deposit to …",
            sha256="0" * 64,
            attached_at=LONG_AGO,
        )


def line_of(run, name):
    return next(line for line in run.plan if line["class"] == name)


def test_a_closed_case_leaves_with_all_that_hangs_on_it_after_two_years():
    case = closed_case()
    evidence_of(case)
    DecisionFactory(case=case)
    with fixture_rows():
        CaseEntry.objects.create(case=case, kind="OPENED", is_public=True, at=LONG_AGO)
    NoticeFactory(platform=case.platform, case=case, created_at=AT)
    young = CaseFactory(state="CLOSED", decided_at=AT, closed_at=AT - timedelta(days=729))

    run = purge.run(by=SYSTEM, at=AT)

    assert line_of(run, "closed cases")["deleted"] == 1
    assert list(Case.objects.all()) == [young]
    for model in (Flag, Evidence, CaseEntry, Decision, Notice):
        assert model.objects.count() == 0, model


def test_a_hold_keeps_the_case_and_its_evidence_and_the_certificate_says_so():
    case = closed_case()
    evidence_of(case)
    hold = HoldFactory(platform=case.platform, scope=Hold.Scope.CASE, scope_id=case.pk)

    run = purge.run(by=SYSTEM, at=AT)

    assert Case.objects.filter(pk=case.pk).exists()
    assert Evidence.objects.count() == 1
    kept = {line["class"]: line["kept_by"] for line in run.certificate.document["classes"]}
    assert kept["closed cases"] == {hold.reference: 1}
    assert kept["evidence"] == {hold.reference: 1}


def test_a_row_that_two_holds_keep_is_kept_once(days):
    """In each of the three engines: rows, a group's past, days of the log."""
    case, other = closed_case(), closed_case()
    RoleEventFactory(group=case.group, occurred_at=LONG_AGO)
    keys = [f"00000000-0000-4000-8000-{n:012d}" for n in range(2)]
    log_day(days[0], [(keys[0], case.group), (keys[1], other.group)])
    on_case = HoldFactory(platform=case.platform, scope=Hold.Scope.CASE, scope_id=case.pk)
    on_all = HoldFactory(platform=case.platform)

    certificate = purge.run(by=SYSTEM, at=AT).certificate

    lines = {line["class"]: line for line in certificate.document["classes"]}
    for name in ("closed cases", "tenures and role events", "governance log"):
        each = {on_case.reference: 1, on_all.reference: 1}
        assert (lines[name]["kept"], lines[name]["kept_by"]) == (1, each), name
    assert certificate.kept == sum(line["kept"] for line in lines.values())


def test_a_released_hold_lets_go():
    case = closed_case()
    hold = HoldFactory(platform=case.platform, scope=Hold.Scope.CASE, scope_id=case.pk)
    holds.release(hold=hold, reason="The matter is closed.", by=Actor.user(UserFactory()), at=AT)

    purge.run(by=SYSTEM, at=AT)

    assert not Case.objects.filter(pk=case.pk).exists()


def test_a_hold_on_another_platform_keeps_nothing():
    case = closed_case()
    HoldFactory(platform=PlatformFactory())

    purge.run(by=SYSTEM, at=AT)

    assert not Case.objects.filter(pk=case.pk).exists()


def test_a_dry_run_deletes_nothing_and_says_what_the_real_one_does():
    evidence_of(closed_case())
    evidence_of(closed_case())
    held = closed_case()
    HoldFactory(platform=held.platform)

    dry = purge.run(by=SYSTEM, at=AT, dry=True)
    assert Case.objects.count() == 3
    real = purge.run(by=SYSTEM, at=AT)

    assert [line["due"] for line in dry.plan] == [line["deleted"] for line in real.plan]
    for key in ("kept", "kept_by"):
        assert [line[key] for line in dry.plan] == [line[key] for line in real.plan]
    assert not hasattr(dry, "certificate")


def test_append_only_tables_are_purged_by_the_purge_only():
    with fixture_rows():
        AuditEntry.objects.create(
            action="tests.old",
            record_type="x",
            record_id="x",
            actor_kind="SYSTEM",
            actor_label="tests",
            at=LONG_AGO,
        )
    with (
        pytest.raises(IntegrityError, match="audit_is_append_only"),
        transaction.atomic(),
    ):
        AuditEntry.objects.filter(action="tests.old").delete()

    purge.run(by=SYSTEM, at=AT)

    assert not AuditEntry.objects.filter(action="tests.old").exists()


def log_day(day, rows):
    """A partition of `day` with (event key, group) rows."""
    name = f"groups_logentry_{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF groups_logentry FOR VALUES "
            f"FROM ('{day:%Y-%m-%d} 00:00+00') TO ('{day + timedelta(days=1):%Y-%m-%d} 00:00+00')"
        )
        for key, group in rows:
            cursor.execute(
                """INSERT INTO groups_logentry (occurred_at, event_key, platform_id, source,
                event_id, kind, group_id, sequence, received_at)
                VALUES (%s, %s, %s, 'relay', 'e', 'group.size', %s, 0, now())""",
                [day, key, group.platform_id, group.pk],
            )
    return name


def table_exists(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return cursor.fetchone()[0]


@pytest.fixture
def days():
    midnight = AT.replace(hour=0)
    old, last = midnight - timedelta(days=184), midnight - timedelta(days=183)
    yield old, last
    for day in (old, last):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS groups_logentry_{day:%Y%m%d}")


def test_a_day_of_log_older_than_the_window_is_dropped_and_held_rows_are_copied(days):
    old, last = days
    held, other = GroupFactory(), GroupFactory()
    keys = [f"00000000-0000-4000-8000-{n:012d}" for n in range(3)]
    gone = log_day(old, [(keys[0], held), (keys[1], other)])
    stays = log_day(last, [(keys[2], other)])
    hold = HoldFactory(platform=held.platform, scope=Hold.Scope.GROUP, scope_id=held.pk)

    run = purge.run(by=SYSTEM, at=AT)

    assert not table_exists(gone)
    assert table_exists(stays)
    assert [str(row.event_key) for row in HeldLogEntry.objects.all()] == [keys[0]]
    assert line_of(run, "governance log")["kept_by"] == {hold.reference: 1}
    assert line_of(run, "governance log")["deleted"] == line_of(run, "governance log")["kept"] == 1


def test_a_partition_detached_by_an_interrupted_run_is_dropped_by_the_next(days):
    name = log_day(days[0], [("00000000-0000-4000-8000-000000000001", GroupFactory())])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE groups_logentry DETACH PARTITION {name}")

    run = purge.run(by=SYSTEM, at=AT)

    assert not table_exists(name)
    assert line_of(run, "governance log")["deleted"] == 1


def delivery_that_waits(*, days, **fields):
    at = AT - timedelta(days=days)
    event = OutboxEventFactory(created_at=at, fanned_out_at=at)
    endpoint = WebhookEndpointFactory(platform=event.platform, **fields)
    return WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_attempt_at=at)


def test_what_waits_for_a_disabled_endpoint_is_not_kept_for_ever():
    delivery_that_waits(days=31, disabled_at=AT)
    young = delivery_that_waits(days=29, disabled_at=AT)
    enabled = delivery_that_waits(days=31)
    on_its_way = delivery_that_waits(days=31, disabled_at=AT)
    WebhookDelivery.objects.filter(pk=on_its_way.pk).update(leased_until=AT + timedelta(minutes=1))

    purge.run(by=SYSTEM, at=AT)

    kept = {young.pk, enabled.pk, on_its_way.pk}
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == kept
    assert OutboxEvent.objects.count() == 3
