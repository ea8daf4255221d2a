"""An overdue review of a hold is mailed once to whoever answers for the hold."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.locmem import EmailBackend

from identity import hold_mailer, tasks
from identity.actions import hold_reminders
from identity.models import HoldReminder, User
from identity.roles import Role
from portal.core.actions import holds, purge
from portal.core.actors import Actor
from portal.core.data_classes import registry
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory, PlatformFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db

BY = Actor.system("remind_of_holds")
DAY = timedelta(days=1)
DUE = AT + 60 * DAY


@pytest.fixture
def people(platform):
    """Whoever answers for a hold on the platform, and two who do not."""
    staff_user(platform, Role.AUDITOR)
    staff_user(PlatformFactory(), Role.ADMINISTRATOR)
    return {
        "placed": staff_user(platform, Role.SENIOR),
        "approved": staff_user(platform, Role.SENIOR),
        "administers": staff_user(platform, Role.ADMINISTRATOR),
    }


@pytest.fixture
def hold(platform, people):
    return HoldFactory(
        platform=platform,
        placed_by=people["placed"].pk,
        approved_by=people["approved"].pk,
        approved_at=AT,
        review_at=DUE,
    )


def sweep(at):
    hold_reminders.write_due(by=BY, at=at, limit=10)
    return hold_mailer.run(by=BY, clock=lambda: at)


def test_it_is_mailed_once_to_each_of_them(hold, people):
    assert [sweep(DUE - DAY), len(outgoing.outbox)] == [0, 0]

    hold_reminders.write_due(by=BY, at=DUE, limit=10)
    mine = HoldReminder.objects.filter(hold=hold)
    assert set(mine.values_list("user", flat=True)) == {user.pk for user in people.values()}
    assert mine.count() == 3
    for _ in range(3):
        sweep(DUE + DAY)

    sent = outgoing.outbox
    assert {message.subject for message in sent} == {f"Review overdue: hold {hold.reference}"}
    assert sorted(message.to[0] for message in sent) == sorted(u.email for u in people.values())
    assert f"http://127.0.0.1:8000/admin/core/hold/{hold.pk}/change/" in sent[0].body
    assert hold.matter not in sent[0].body
    assert len({message.extra_headers["Message-ID"] for message in sent}) == 3


def test_the_next_review_is_reminded_of_again(hold, people):
    sweep(DUE)
    first = len(outgoing.outbox)
    by = Actor.user(people["placed"])
    holds.extend(hold=hold, review_at=DUE + 10 * DAY, by=by, at=DUE + DAY)

    sweep(DUE + 9 * DAY)
    assert len(outgoing.outbox) == first
    sweep(DUE + 10 * DAY)

    assert len(outgoing.outbox) == first + 3


def test_a_hold_that_was_released_meanwhile_is_not_mailed(hold, people):
    hold_reminders.write_due(by=BY, at=DUE, limit=10)
    holds.release(hold=hold, reason="Over.", by=Actor.user(people["placed"]), at=DUE)

    hold_mailer.run(by=BY, clock=lambda: DUE)

    assert outgoing.outbox == []
    assert not HoldReminder.objects.filter(hold=hold, mail_due_at__isnull=False).exists()


def test_whoever_has_left_is_not_told(hold, people):
    User.objects.filter(pk=people["approved"].pk).update(is_active=False)

    hold_reminders.write_due(by=BY, at=DUE, limit=10)

    told = set(HoldReminder.objects.filter(hold=hold).values_list("user", flat=True))
    assert told == {people["placed"].pk, people["administers"].pk}


def test_a_mailer_that_dies_loses_nothing_and_the_mail_keeps_its_id(hold, monkeypatch):
    class Broken(EmailBackend):
        def send_messages(self, messages):
            raise SMTPServerDisconnected

    hold_reminders.write_due(by=BY, at=DUE, limit=10)
    monkeypatch.setattr(hold_mailer, "get_connection", Broken)
    assert hold_mailer.run(by=BY, clock=lambda: DUE) == 0
    monkeypatch.undo()

    assert hold_mailer.run(by=BY, clock=lambda: DUE + timedelta(minutes=4)) == 0
    hold_mailer.run(by=BY, clock=lambda: DUE + timedelta(minutes=5))

    ids = [f"<hold-review-{row.pk}@localhost>" for row in HoldReminder.objects.order_by("pk")]
    assert sorted(m.extra_headers["Message-ID"] for m in outgoing.outbox) == ids


def test_a_server_that_never_takes_it_is_given_up_on(hold, monkeypatch):
    class Broken(EmailBackend):
        def send_messages(self, messages):
            raise SMTPServerDisconnected

    monkeypatch.setattr(hold_mailer, "get_connection", Broken)
    for day in range(10):
        sweep(DUE + day * DAY)

    spent = HoldReminder.objects.filter(hold=hold)
    assert {(row.mail_due_at, row.mailed_at) for row in spent} == {(None, None)}
    assert {row.mail_attempts for row in spent} == {len(hold_reminders.PAUSES) + 1}


def test_the_task_does_all_of_it_and_again_nothing(hold, people):
    with fixture_rows():
        type(hold).objects.filter(pk=hold.pk).update(
            reviewed_at=AT - 80 * DAY, review_at=AT - 20 * DAY
        )
    tasks.remind_of_holds()
    tasks.remind_of_holds()

    assert len(outgoing.outbox) == 3


def test_reminders_leave_when_the_review_was_made_and_not_before(hold, people):
    sweep(DUE)
    class_of = registry.classes["reminders of holds"]
    later = DUE + 91 * DAY
    assert class_of.engine.plan(cutoff=class_of.cutoff(later)).due == 0

    holds.release(hold=hold, reason="Over.", by=Actor.user(people["placed"]), at=later)
    mine = HoldReminder.objects.filter(hold=hold)
    assert mine.count() == 3
    purge.run(by=BY, at=later)

    assert not mine.exists()


def test_a_person_is_reminded_once_of_a_review(hold, people):
    row = {"hold": hold, "user": people["placed"], "created_at": AT}
    HoldReminder.objects.create(**row, review_at=DUE)
    HoldReminder.objects.create(**row, review_at=DUE + DAY)

    with Breaks("a_person_is_reminded_once_of_a_review"):
        HoldReminder.objects.create(**row, review_at=DUE)
