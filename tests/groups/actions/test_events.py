"""Ingest: what becomes of a batch of governance events."""

from datetime import timedelta

import pytest

from groups.events import Refusal
from groups.models import Group, LogEntry, RoleEvent, Tenure
from identity.models import Account
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.groups.ingesting import ingest, tenures, verdicts


def nested(depth):
    return [nested(depth - 1)] if depth else []


def test_a_grant_makes_group_account_tenure_and_log_row(platform):
    found = granted("p-1", days=-3, reason="founded it", caused_by="cmd-7", sequence=5)

    receipt = ingest(platform, found)

    assert verdicts(receipt) == [("ACCEPTED", None)]
    group = Group.objects.get()
    assert (group.external_id, group.state, group.first_seen_at) == ("g-1", "ACTIVE", found.time)
    assert (group.orphaned_at, group.claim_due_at) == (None, None)
    assert tenures(platform) == [("g-1", "p-1", "OWNER", -3, None, "GRANTED", None)]
    assert Tenure.objects.get().began_by.external_id == "p-admin"
    row = LogEntry.objects.get()
    assert (row.kind, row.source, row.event_id) == ("role.granted", "relay/eu-1", found.id)
    assert (row.role, row.reason, row.caused_by, row.sequence) == (
        "owner",
        "founded it",
        "cmd-7",
        5,
    )
    assert row.group_id == group.pk
    assert row.subject_id == Account.objects.get(external_id="p-1").pk
    assert row.received_at == AT


def test_the_batch_leaves_audit_entries_and_tells_partners(platform):
    ingest(platform, granted("p-1", days=-3), revoked("p-1", days=-1))

    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == [
        "accounts.ensure",
        "events.ingest",
        "groups.ensure",
        "partitions.ensure",
        "tenures.derive",
    ]
    entry = AuditEntry.objects.get(action="events.ingest")
    assert entry.new == {
        "accepted": 2,
        "duplicate": 0,
        "refused": 0,
        "logged": 2,
        "role_events": 2,
        "tenures": 1,
    }
    assert entry.platform_id == platform.pk
    told = OutboxEvent.objects.order_by("type").values_list("type", "data__group", "data__role")
    assert list(told) == [
        ("accord.tenure.began.v1", "g-1", "OWNER"),
        ("accord.tenure.ended.v1", "g-1", "OWNER"),
    ]


def test_sending_a_batch_again_adds_nothing(platform):
    batch = [granted("p-1", days=-3), granted("p-2", "manager", days=-2), event("group.updated")]
    ingest(platform, *batch)
    audited = AuditEntry.objects.count()

    receipt = ingest(platform, *batch)

    assert verdicts(receipt) == [("DUPLICATE", None)] * 3
    assert LogEntry.objects.count() == 3
    assert RoleEvent.objects.count() == 2
    assert AuditEntry.objects.count() == audited


def test_an_event_is_known_by_source_id_and_time(platform):
    ingest(platform, event("group.updated", id="one", days=-5))

    again = ingest(platform, event("group.updated", id="one", days=-5))
    later = ingest(platform, event("group.updated", id="one", days=-1))
    other_source = ingest(platform, event("group.updated", id="one", source="relay/us-1"))
    other_platform = ingest(PlatformFactory(), event("group.updated", id="one"))

    assert verdicts(again) == [("DUPLICATE", None)]
    for receipt in (later, other_source, other_platform):
        assert verdicts(receipt) == [("ACCEPTED", None)]
    assert LogEntry.objects.count() == 4


def test_a_role_event_is_known_by_source_and_id_whenever_it_says_that_it_happened(platform):
    ingest(platform, granted("p-1", id="one", days=-5))

    later = ingest(platform, granted("p-1", id="one", days=-1))

    assert verdicts(later) == [("DUPLICATE", None)]
    assert LogEntry.objects.count() == RoleEvent.objects.count() == 1
    assert [row[3] for row in tenures(platform)] == [-5]


def test_a_batch_that_is_partly_known_adds_the_rest(platform):
    known = [event("group.updated", id=f"known-{n}") for n in range(3)]
    new = [event("group.updated", id=f"new-{n}") for n in range(3)]
    ingest(platform, *known)

    receipt = ingest(platform, new[0], known[1], new[1], known[0], known[2], new[2])

    statuses = [str(verdict.status) for verdict in receipt.verdicts]
    assert statuses == ["ACCEPTED", "DUPLICATE", "ACCEPTED", "DUPLICATE", "DUPLICATE", "ACCEPTED"]
    assert LogEntry.objects.count() == 6


def test_an_event_that_stands_twice_in_a_batch_is_taken_once(platform):
    twice = granted("p-1")

    assert verdicts(ingest(platform, twice, twice)) == [("ACCEPTED", None), ("DUPLICATE", None)]
    assert LogEntry.objects.count() == 1


def test_a_bad_event_stops_no_other(platform):
    receipt = ingest(
        platform,
        granted("p-1"),
        Refusal("BAD_JSON", "The line is not valid JSON."),
        granted("p-2", role="moderator"),
        event("group.updated"),
    )

    assert verdicts(receipt) == [
        ("ACCEPTED", None),
        ("REFUSED", "BAD_JSON"),
        ("REFUSED", "UNKNOWN_ROLE"),
        ("ACCEPTED", None),
    ]
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (event("message.sent"), "UNKNOWN_KIND"),
        (event("role.granted", "p-1", role=None), "UNKNOWN_ROLE"),
        (event("role.granted", "p-1", role="admin"), "UNKNOWN_ROLE"),
        (granted(None), "MISSING_SUBJECT"),
        (event("member.left"), "MISSING_SUBJECT"),
        (event("group.updated", group=None), "MISSING_GROUP"),
        (event("group.updated", group=""), "MISSING_GROUP"),
        (event("group.updated", source=""), "MISSING_SOURCE"),
        (event("group.updated", id=""), "MISSING_ID"),
        (event("group.updated", id="x" * 201), "TOO_LONG"),
        (event("group.updated", actor="a\0b"), "BAD_TEXT"),
        (event("group.updated", reason="\ud800"), "BAD_TEXT"),
        (event("group.updated", attributes={"name": "a\0"}), "BAD_TEXT"),
        (event("group.updated", attributes={"x": "y" * 2048}), "ATTRIBUTES_TOO_LARGE"),
        (event("group.updated", attributes={"x": float("inf")}), "BAD_FIELD"),
        (event("group.updated", attributes={"n": nested(30)}), "TOO_DEEP"),
        (event("group.updated", sequence=-1), "BAD_FIELD"),
        (event("group.updated", sequence=2**62), "BAD_FIELD"),
        (event("group.size", attributes={"size": -4}), "BAD_FIELD"),
        (event("group.size", attributes={"size": True}), "BAD_FIELD"),
        (event("group.updated", days=1), "IN_THE_FUTURE"),
        (event("group.updated", time=AT + timedelta(seconds=301)), "IN_THE_FUTURE"),
        (event("group.updated", time=AT - timedelta(days=183, seconds=1)), "TOO_OLD"),
    ],
)
def test_what_cannot_be_right_is_refused_and_changes_nothing(platform, found, code):
    receipt = ingest(platform, found)

    assert verdicts(receipt) == [("REFUSED", code)]
    assert receipt.verdicts[0].detail.endswith(".")
    assert Group.objects.count() == Account.objects.count() == LogEntry.objects.count() == 0
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    "found",
    [
        event("group.updated", time=AT + timedelta(seconds=300)),
        event("group.updated", time=AT - timedelta(days=183)),
        event("group.updated", id="x" * 200, group="ü" * 200),
        event("group.updated", attributes={"x": "y" * 2000}),
        event("account.suspended", "p-1", group=None),
        event("group.updated", actor=None),
    ],
)
def test_what_is_just_right_is_taken(platform, found):
    assert verdicts(ingest(platform, found)) == [("ACCEPTED", None)]
    assert LogEntry.objects.count() == 1


def test_a_reason_longer_than_the_log_keeps_is_cut_not_refused(platform):
    ingest(platform, event("group.updated", reason="x" * 512))

    assert LogEntry.objects.get().reason == "x" * 499 + "…"


def test_the_sender_can_say_the_order_of_one_instant(platform):
    ingest(platform, granted("p-2", sequence=9), granted("p-1", sequence=8))

    assert [(row[1], row[2]) for row in tenures(platform)] == [
        ("p-1", "OWNER"),
        ("p-2", "CO_OWNER"),
    ]


def test_a_late_event_moves_what_it_concerns_and_keeps_the_tenure(platform):
    ingest(platform, granted("p-1", days=-3), granted("p-2", days=-2))
    kept = set(Tenure.objects.values_list("pk", flat=True))

    ingest(platform, granted("p-3", days=-9), revoked("p-3", days=-1))

    assert tenures(platform) == [
        ("g-1", "p-1", "CO_OWNER", -3, -1, "GRANTED", "SUCCEEDED"),
        ("g-1", "p-1", "OWNER", -1, None, "SUCCEEDED", None),
        ("g-1", "p-2", "CO_OWNER", -2, None, "GRANTED", None),
        ("g-1", "p-3", "OWNER", -9, -1, "GRANTED", "REVOKED"),
    ]
    assert kept <= set(Tenure.objects.values_list("pk", flat=True))
