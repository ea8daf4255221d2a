"""A thousand generated data sets: what goes is older than its window and held by nobody, exactly.

Each data set is a platform of its own with rows of seven classes. All are written at once and
purged by one dry and one real run, so that a thousand cost little more than one; what should
happen to a row is said here anew, from how it was generated.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction

from credit.models import LedgerEntry, Standing
from groups.models import (
    Acknowledgement,
    Case,
    CaseEntry,
    Evidence,
    Flag,
    Group,
    HeldLogEntry,
    Notice,
)
from identity.models import Account
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.data_classes import registry
from portal.core.ids import uuid7
from portal.core.models import (
    AuditEntry,
    Hold,
    OutboxEvent,
    Platform,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.factories.base import AT
from tests.retention import log_days
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

SETS = size(every_run=1000, release=3000)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
# Beyond the window by so much; a row exactly at the cut-off stays.
PAST = [-300 * DAY, -DAY, -MOMENT, timedelta(0), MOMENT, DAY, 300 * DAY]
OLD, YOUNG = AT.replace(hour=0) - 184 * DAY, AT.replace(hour=0) - 183 * DAY
TWO_YEARS = timedelta(days=730)
WINDOWS = {
    "evidence": timedelta(days=settings.APPEAL_WINDOW_DAYS + 31),
    "webhook deliveries": timedelta(days=30),
}
KINDS = (
    "audit",
    "webhook deliveries",
    "ledger entries",
    "evidence",
    "notices",
    "closed cases",
    "acknowledgements",
)


@dataclass(frozen=True)
class Row:
    """A generated row: by how much it is past its window, and what may hold it, by (scope, id)."""

    name: str
    key: object
    past: timedelta
    reach: frozenset


@dataclass
class Generated:
    rows: list
    # The rows of a class that hang on a row of another: (model, key) to the key of its parent.
    holds: dict
    made: dict

    def add(self, record):
        self.made.setdefault(type(record), []).append(record)
        return record


def generate(chance):
    found = Generated([], {}, {})
    for number in range(SETS):
        _data_set(found, number, chance)
    return found


def _data_set(found, number, chance):
    platform = found.add(Platform(slug=f"g-{number}", name=f"G {number}", created_at=AT))
    one, two = (
        found.add(Account(platform=platform, external_id=f"p-{n}", created_at=AT)) for n in range(2)
    )
    group = found.add(Group(platform=platform, external_id="g", state="ACTIVE", first_seen_at=AT))
    of_all, of_group = ("PLATFORM", platform.pk), ("GROUP", group.pk)
    case = _case(found, platform, group, one, two, chance)
    _log(found, platform, group, one, case, chance)

    def row(name, key, reach):
        past = chance.choice(PAST)
        found.rows.append(Row(name, key, past, frozenset(reach)))
        return AT - WINDOWS.get(name, TWO_YEARS) - past

    for person in chance.sample([one, two], chance.randrange(3)):
        mine = ("ACCOUNT", person.pk)
        key = uuid7()
        at = row("notices", key, {of_all, of_group, mine})
        found.add(Notice(id=key, platform=platform, group=group, recipient=person, created_at=at))
        key = uuid7()
        at = row("acknowledgements", key, {of_all, of_group, mine})
        found.add(
            Acknowledgement(
                id=key, group=group, account=person, duties_id=uuid7(), acknowledged_at=at
            )
        )
        _ledger(found, platform, person, row, {of_all, mine})
    for scope, record in chance.sample([("GROUP", group), ("ACCOUNT", two)], 1):
        key = uuid7()
        at = row("audit", key, {of_all, (scope, record.pk)})
        found.add(
            AuditEntry(
                id=key,
                action="x",
                record_type="x",
                record_id=str(record.pk),
                platform_id=platform.pk,
                actor_kind="SYSTEM",
                actor_label="x",
                at=at,
            )
        )
    _deliveries(found, platform, row, of_all, number)
    _holds(found, platform, [of_all, of_group, ("ACCOUNT", one.pk), ("CASE", case.pk)], chance)


def _case(found, platform, group, subject, reporter, chance):
    past = chance.choice(PAST)
    case = found.add(
        Case(
            platform=platform,
            group=group,
            subject=subject,
            rule_id=uuid7(),
            severity="LOW",
            state="CLOSED",
            due_at=AT,
            opened_at=AT - 3 * TWO_YEARS,
            decided_at=AT - TWO_YEARS - past,
            closed_at=AT - TWO_YEARS - past,
        )
    )
    flag = found.add(
        Flag(case=case, platform=platform, reporter=reporter, statement="x", received_at=AT)
    )
    reach = frozenset(
        {
            ("PLATFORM", platform.pk),
            ("GROUP", group.pk),
            ("CASE", case.pk),
            ("ACCOUNT", subject.pk),
            ("ACCOUNT", reporter.pk),
        }
    )
    found.rows.append(Row("closed cases", case.pk, past, reach))
    found.add(CaseEntry(case=case, kind="OPENED", is_public=True, at=AT))
    if chance.random() < 0.7:
        excerpt = found.add(Evidence(flag=flag, excerpt="x", sha256="0" * 64, attached_at=AT))
        beyond = past + TWO_YEARS - WINDOWS["evidence"]
        found.rows.append(Row("evidence", excerpt.pk, beyond, reach))
    return case


def _ledger(found, platform, person, row, reach):
    """An entry and, of the other account of a set, its reversal: both or neither leave."""
    key = uuid7()
    expires_at = row("ledger entries", key, reach)
    common = {
        "account": person,
        "platform": platform,
        "effective_at": AT - 3 * TWO_YEARS,
        "expires_at": expires_at,
        "policy_id": uuid7(),
        "reason": "x",
        "posted_at": AT,
    }
    people = {"posted_by_id": uuid7(), "approved_by_id": uuid7()}
    first = found.add(
        LedgerEntry(id=key, kind="ADJUSTMENT", points=1, sequence=1, **people, **common)
    )
    second = LedgerEntry(
        kind="REVERSAL", points=0, sequence=2, posted_by_id=uuid7(), reverses=first, **common
    )
    found.add(second)
    found.add(
        Standing(
            account=person,
            platform=platform,
            policy_id=uuid7(),
            score=1,
            tier="x",
            last_sequence=2,
            as_of=AT,
        )
    )
    found.rows.append(Row("ledger entries", second.pk, found.rows[-1].past, frozenset(reach)))


def _deliveries(found, platform, row, of_all, number):
    key = uuid7()
    at = row("webhook deliveries", key, {of_all})
    event = found.add(
        OutboxEvent(
            id=key,
            platform=platform,
            type="x",
            subject="x",
            data={},
            created_at=at,
            fanned_out_at=at,
        )
    )
    endpoint = found.add(
        WebhookEndpoint(
            platform=platform, url=f"http://127.0.0.1/{number}", secret="x", created_at=AT
        )
    )
    found.add(
        WebhookDelivery(
            event=event, endpoint=endpoint, state="DELIVERED", next_attempt_at=at, delivered_at=at
        )
    )


def _log(found, platform, group, person, case, chance):
    for _ in range(chance.randrange(3)):
        day = chance.choice([OLD, YOUNG])
        subject = chance.choice([None, person.pk])
        key = uuid7()
        reach = {("PLATFORM", platform.pk), ("GROUP", group.pk), ("CASE", case.pk)}
        reach |= {("ACCOUNT", subject)} if subject else set()
        past = DAY if day == OLD else -DAY
        found.rows.append(Row("governance log", key, past, frozenset(reach)))
        found.made.setdefault("log", []).append((day, key, platform.pk, group.pk, subject))


def _holds(found, platform, places, chance):
    """One set in seven is held, some of these twice, and some holds were released since."""
    for _ in range(chance.choice([0] * 12 + [1, 2])):
        scope, id = chance.choice(places)
        is_released = chance.random() < 0.3
        hold = found.add(
            Hold(
                platform=platform,
                scope=scope,
                scope_id=id,
                matter="x",
                reason="x",
                number=1_000_000 + len(found.holds),
                placed_by=uuid7(),
                placed_at=AT,
                reviewed_at=AT,
                review_at=AT + DAY,
                released_at=AT if is_released else None,
                released_by=uuid7() if is_released else None,
                release_reason="x" if is_released else None,
            )
        )
        found.holds[hold] = None if is_released else (scope, id)


def write(found):
    """Write all rows without triggers and without the rows that they rest on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model, records in found.made.items():
            if model != "log":
                model._default_manager.bulk_create(records)
        cursor.executemany(
            """INSERT INTO groups_logentry (occurred_at, event_key, platform_id, source, event_id,
            kind, group_id, subject_id, sequence, received_at)
            VALUES (%s, %s, %s, 'relay', 'e', 'group.size', %s, %s, 0, now())""",
            found.made["log"],
        )


MODELS = {
    "audit": AuditEntry,
    "webhook deliveries": OutboxEvent,
    "ledger entries": LedgerEntry,
    "evidence": Evidence,
    "notices": Notice,
    "closed cases": Case,
    "acknowledgements": Acknowledgement,
}


def there():
    """Return what is there, by class."""
    found = {
        name: set(m._default_manager.values_list("pk", flat=True)) for name, m in MODELS.items()
    }
    # The runs of the purge leave entries of their own.
    found["audit"] &= set(AuditEntry.objects.filter(action="x").values_list("pk", flat=True))
    found["governance log"] = log_days.keys(OLD) | log_days.keys(YOUNG)
    return found


@pytest.fixture
def log():
    for day in (OLD, YOUNG):
        log_days.make(day)
    yield
    log_days.drop_all()


def test_what_is_older_than_its_window_and_not_held_goes_and_nothing_else(log):
    found = generate(random.Random(31))
    write(found)
    standing = {place: hold for hold, place in found.holds.items() if place}
    goes, kept, by_hold = {}, {}, {}
    for row in found.rows:
        is_old, holds = row.past > timedelta(0), row.reach & standing.keys()
        if is_old and not holds:
            goes.setdefault(row.name, set()).add(row.key)
        elif is_old:
            kept.setdefault(row.name, set()).add(row.key)
    for row in found.rows:
        for hold, place in found.holds.items() if row.key in kept.get(row.name, ()) else ():
            if place in row.reach:
                counts = by_hold.setdefault(row.name, {})
                counts[hold.reference] = counts.get(hold.reference, 0) + 1
    before = there()

    dry = purge.run(by=Actor.system("tests"), at=AT, dry=True)
    assert there() == before
    real = purge.run(by=Actor.system("tests"), at=AT)

    after, lines = there(), {line["class"]: line for line in real.plan}
    assert len(goes) == len(kept) == len(before) == 8
    for name in before:
        # A day of the log leaves whole: what a hold keeps is copied out of it.
        left = kept[name] if name == "governance log" else set()
        assert before[name] - after[name] == goes[name] | left, name
        assert (lines[name]["deleted"], lines[name]["kept"]) == (len(goes[name]), len(kept[name]))
        assert lines[name]["kept_by"] == by_hold[name], name
    copied = HeldLogEntry.objects.values_list("event_key", flat=True)
    assert set(copied) == kept["governance log"]
    for planned, done in zip(dry.plan, real.plan, strict=True):
        assert planned["due"] == done["deleted"], planned["class"]
        for key in ("class", "cutoff", "kept", "kept_by", "waiting"):
            assert planned[key] == done[key], (planned["class"], key)
    _nothing_is_left_alone()


def _nothing_is_left_alone():
    """What hung on a row that went has gone with it, and what hangs on another is there."""
    cases, events = set(Case.objects.values_list("pk", flat=True)), OutboxEvent.objects
    assert set(Flag.objects.values_list("case", flat=True)) == cases
    assert set(CaseEntry.objects.values_list("case", flat=True)) == cases
    assert set(WebhookDelivery.objects.values_list("event", flat=True)) == set(
        events.values_list("pk", flat=True)
    )
    flags = Flag.objects.values("pk")
    assert not Evidence.objects.exclude(flag__in=flags).exists()
    pairs = LedgerEntry.objects.exclude(reverses=None)
    assert pairs.count() * 2 == LedgerEntry.objects.count()


def test_the_generator_knows_every_class_it_checks():
    assert {*KINDS, "governance log"} <= registry.classes.keys()
    assert set(KINDS) == MODELS.keys()
    assert isinstance(uuid7(), UUID)
