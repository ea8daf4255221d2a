from datetime import timedelta

from django.contrib.sessions.models import Session

from portal.core import tasks
from portal.core.actions import expiry
from portal.core.actors import Actor
from portal.core.ids import uuid7
from portal.core.models import AuditEntry, IdempotencyRecord
from tests.factories.base import AT

BY = Actor.system("tests")


def answers(count, expires_at):
    for _ in range(count):
        IdempotencyRecord.objects.create(
            client_id=uuid7(),
            key="k",
            method="POST",
            path="/",
            request_sha256=b"x" * 32,
            status=201,
            body=b"{}",
            created_at=AT - timedelta(hours=24),
            expires_at=expires_at,
        )


def test_what_has_expired_goes_in_bounded_batches_and_the_rest_stays(db):
    answers(5, AT)
    answers(2, AT + timedelta(microseconds=1))
    Session.objects.create(session_key="old", session_data="", expire_date=AT)
    Session.objects.create(session_key="new", session_data="", expire_date=AT + timedelta(1))

    assert [expiry.clean(by=BY, at=AT, limit=3) for _ in range(4)] == [4, 2, 0, 0]

    assert IdempotencyRecord.objects.count() == 2
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    counted = [entry.new for entry in AuditEntry.objects.order_by("id")]
    assert counted == [{"answers": 3, "sessions": 1}, {"answers": 2, "sessions": 0}]


def test_the_task_may_run_again_and_again(db):
    answers(3, AT - timedelta(days=400))

    for _ in range(3):
        tasks.clean_expired()

    assert IdempotencyRecord.objects.count() == 0
    assert AuditEntry.objects.count() == 1
