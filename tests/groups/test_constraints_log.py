"""The constraints of groups, accounts, role events, tenures and the log, each broken once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from groups.actions import partitions
from groups.models import Group, HeldLogEntry, ImportRun, RoleEvent, Tenure
from portal.core.actors import Actor
from portal.core.ids import uuid7
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory
from tests.factories.groups import GroupFactory, RoleEventFactory, TenureFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
EARLIER = AT - timedelta(days=30)


def breaks(name):
    return pytest.raises(IntegrityError, match=name)


def test_a_group_is_known_once_on_a_platform(platform):
    GroupFactory(platform=platform, external_id="g-1")

    with breaks("a_group_is_known_once_on_a_platform"):
        GroupFactory(platform=platform, external_id="g-1")


def test_an_account_is_known_once_on_a_platform(platform):
    AccountFactory(platform=platform, external_id="p-1")

    with breaks("an_account_is_known_once_on_a_platform"):
        AccountFactory(platform=platform, external_id="p-1")


@pytest.mark.parametrize(
    ("factory", "name"),
    [
        (GroupFactory, "a_group_has_an_external_id"),
        (AccountFactory, "an_account_has_an_external_id"),
    ],
)
def test_an_external_id_is_not_empty(factory, name):
    with breaks(name):
        factory(external_id="")


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("ORPHANED", "an_orphaned_group_has_a_claim_deadline"),
        ("FROZEN", "a_frozen_group_says_since_when"),
        ("CLOSED", "a_closed_group_says_since_when"),
    ],
)
def test_a_group_says_since_when_it_is_not_active(state, name):
    with breaks(name):
        GroupFactory(state=state)


def test_a_group_is_closed_by_accord_or_archived_by_its_platform():
    GroupFactory(state="CLOSED", closed_at=AT)
    GroupFactory(state="CLOSED", archived_at=AT)

    assert Group.objects.filter(state="CLOSED").count() == 2


def test_a_group_has_no_other_states_than_the_known():
    group = GroupFactory()

    with breaks("group_state_changes_by_legal_steps"):
        Group.objects.filter(pk=group.pk).update(state="GONE")


def test_a_role_event_is_stored_once():
    event = RoleEventFactory()

    with breaks("a_role_event_is_stored_once"):
        RoleEventFactory(group=event.group, event_key=event.event_key)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"account": None}, "a_role_event_names_its_account_unless_about_the_group"),
        (
            {"kind": "ARCHIVED", "role": None},
            "a_role_event_names_its_account_unless_about_the_group",
        ),
        ({"role": None}, "a_grant_or_revocation_names_its_role"),
        ({"kind": "REVOKED", "role": None}, "a_grant_or_revocation_names_its_role"),
        ({"origin": "ACCORD"}, "a_role_event_of_accord_says_what_led_to_it"),
        (
            {"origin": "ACCORD", "cause": "DECISION"},
            "a_role_event_of_accord_says_what_led_to_it",
        ),
        ({"cause": "DECISION"}, "a_role_event_of_accord_says_what_led_to_it"),
    ],
)
def test_a_role_event_says_what_it_has_to(fields, name):
    with breaks(name):
        RoleEventFactory(**fields)
    assert RoleEvent.objects.count() == 0


def test_a_group_has_one_owner_at_any_instant():
    first = TenureFactory(until=EARLIER)
    TenureFactory(group=first.group, since=EARLIER)

    with breaks("one_owner_at_any_instant"):
        TenureFactory(group=first.group, since=EARLIER - timedelta(seconds=1), until=EARLIER)


def test_an_account_holds_one_role_in_a_group_at_any_instant():
    first = TenureFactory(role="MANAGER")

    with breaks("no_overlapping_tenures_of_one_account_in_a_group"):
        TenureFactory(group=first.group, account=first.account, role="OWNER", since=EARLIER)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"period": DateTimeTZRange(AT, AT)}, "a_tenure_lasts_some_time"),
        ({"period": DateTimeTZRange(None, None)}, "a_tenure_lasts_some_time"),
        ({"period": DateTimeTZRange(EARLIER, AT)}, "a_tenure_that_ended_says_how"),
        ({"ended": "REVOKED"}, "a_tenure_that_ended_says_how"),
    ],
)
def test_a_tenure_lasts_some_time_and_says_how_it_ended(change, name):
    tenure = TenureFactory()

    with breaks(name), fixture_rows():
        Tenure.objects.filter(pk=tenure.pk).update(**change)


def append(**fields):
    values = {
        "occurred_at": AT,
        "event_key": uuid7(),
        "platform_id": uuid7(),
        "source": "relay",
        "event_id": "e-1",
        "kind": "group.updated",
        "group_id": uuid7(),
        "sequence": 0,
        "received_at": AT,
    } | fields
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO groups_logentry ({names}) VALUES ({marks})", list(values.values())
        )


def test_the_log_guards_its_rows():
    by = Actor.system("tests")
    partitions.ensure(first=AT.date(), last=AT.date(), by=by, at=AT)
    key = uuid7()
    append(event_key=key)
    append(kind="account.suspended", group_id=None)

    with breaks("logentry_20261102_pkey"):
        append(event_key=key)
    with breaks("an_event_is_about_a_group_or_an_account"):
        append(group_id=None)
    with pytest.raises(IntegrityError, match="no partition"):
        append(occurred_at=AT + timedelta(days=1))


def test_a_file_is_imported_once_per_platform(platform):
    def begin():
        with transaction.atomic():
            ImportRun.objects.create(
                platform=platform, file_sha256="0" * 64, with_history=False, started_at=AT
            )

    begin()
    with breaks("a_file_is_imported_once_per_platform"):
        begin()


def test_a_held_event_is_copied_once_per_hold():
    hold, event = HoldFactory(), {"event_key": uuid7(), "occurred_at": AT}
    copied = {"platform_id": hold.platform_id, "row": {}, "copied_at": AT}
    HeldLogEntry.objects.create(hold=hold, **event, **copied)
    HeldLogEntry.objects.create(hold=HoldFactory(), **event, **copied)

    with breaks("a_held_event_is_copied_once_per_hold"):
        HeldLogEntry.objects.create(hold=hold, **event, **copied)
