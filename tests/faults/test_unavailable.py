"""Without its database, or with a full disk, Accord says so and takes nothing."""

import pytest

from tests.faults.site import wait_until
from tests.faults.traffic import events, is_proper_503, stored

# No unprivileged process can fill a disk of its own, so PostgreSQL raises what it raises then.
FULL_DISK = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END
$$;
"""
AT_THE_ROW = "CREATE TRIGGER full_disk BEFORE INSERT ON {} FOR EACH ROW EXECUTE"
AT_THE_COMMIT = (
    "CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON {} DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE"
)


@pytest.fixture
def client(site):
    client = site.client()
    yield client
    client.close()


@pytest.fixture
def without_database(site):
    site.stop_database_at_once()
    yield
    site.start_database()


def test_a_lost_database_is_a_503_for_programs_and_for_people(site, client, without_database):
    asked = [
        client.send(events()),
        client.send(events(), idempotency_key="lost-database"),
        client.ask("GET", "/api/v1/groups?external_id=g-1"),
    ]
    pages = [client.ask("GET", path) for path in ("/rules/relay/", "/standing/relay/")]

    assert [is_proper_503(*answer) for answer in asked] == [True, True, True]
    for status, headers, _ in pages:
        assert (status, headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert int(headers["Retry-After"]) > 0


def test_what_failed_without_the_database_succeeds_when_it_is_back(site, client):
    sent = events()
    site.stop_database_at_once()
    assert is_proper_503(*client.send(sent, idempotency_key="back-again"))
    site.start_database()

    wait_until(lambda: client.send(sent, idempotency_key="back-again")[0] == 200, "Still away.")

    assert stored(site, [event["id"] for event in sent]) == {event["id"]: 1 for event in sent}


@pytest.mark.parametrize("when", [AT_THE_ROW, AT_THE_COMMIT], ids=["at the row", "at the commit"])
def test_a_full_disk_is_a_503_and_leaves_nothing(site, client, when):
    sent = events()
    # Whatever was said before it, so that partitions and groups are there.
    assert client.send(events())[0] == 200
    with site.connect() as database:
        database.execute(FULL_DISK)
        database.execute(when.format("groups_logentry") + " FUNCTION disk_is_full()")
        try:
            answers = [client.send(sent), client.send(sent, idempotency_key=when[:40])]
        finally:
            database.execute("DROP FUNCTION disk_is_full() CASCADE")

    assert [is_proper_503(*answer) for answer in answers] == [True, True]
    assert stored(site, [event["id"] for event in sent]) == {}
    assert client.send(sent, idempotency_key=when[:40])[0] == 200
    assert len(stored(site, [event["id"] for event in sent])) == len(sent)
