from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.locmem import EmailBackend

from groups import mailer, tasks
from groups.actions import mail
from groups.models import Notice
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.groups import NoticeFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
BY = Actor.system("mail_notices")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def notice():
    return waiting()


def waiting(email="olga@example.org", **fields):
    account = AccountFactory(user=UserFactory(email=email))
    return NoticeFactory(platform=account.platform, recipient=account, mail_due_at=AT, **fields)


def run(at=AT):
    return mailer.run(by=BY, clock=lambda: at)


def failing(error):
    class Broken(EmailBackend):
        def send_messages(self, messages):
            raise error

    return Broken


def test_a_notice_leaves_once_as_it_was_written(notice):
    assert [run(AT - MINUTE), run(), run(), run(AT + timedelta(days=9))] == [0, 1, 0, 0]

    (message,) = outgoing.outbox
    assert (message.to, message.subject) == (["olga@example.org"], "A report needs your answer")
    assert message.body == (
        "Please answer.\n\n-- \n"
        f"Sent for {notice.platform.name} by Accord. "
        f"The same notice is kept for you at http://127.0.0.1:8000/notices/{notice.pk}/\n"
    )
    assert message.extra_headers["Message-ID"] == f"<notice-{notice.pk}@localhost>"
    notice.refresh_from_db()
    assert (notice.mailed_at, notice.mail_due_at, notice.mail_attempts) == (AT, None, 1)


def test_two_mailers_never_send_the_same_notice(notice):
    claimed = mail.claim(by=BY, at=AT, limit=10)

    assert claimed == [notice]
    assert mail.claim(by=BY, at=AT, limit=10) == []


def test_a_mailer_that_died_lets_go_after_its_lease(notice):
    mail.claim(by=BY, at=AT, limit=10)

    assert run(AT + 5 * MINUTE - timedelta(seconds=1)) == 0
    assert run(AT + 5 * MINUTE) == 1


@pytest.mark.parametrize(
    "error",
    [SMTPServerDisconnected("gone"), SMTPRecipientsRefused({}), ConnectionRefusedError()],
)
def test_what_failed_is_tried_again_and_given_up_after_five_attempts(notice, monkeypatch, error):
    monkeypatch.setattr(mailer, "get_connection", failing(error))
    at = AT
    for pause in mail.PAUSES:
        assert run(at) == 0
        at += pause
    notice.refresh_from_db()
    assert (notice.mail_attempts, notice.mail_due_at) == (5, at)

    run(at)

    notice.refresh_from_db()
    assert (notice.mailed_at, notice.mail_due_at) == (None, None)


def test_one_that_fails_holds_up_no_other(monkeypatch, notice):
    class Picky(EmailBackend):
        def send_messages(self, messages):
            if messages[0].to == ["olga@example.org"]:
                raise SMTPRecipientsRefused({})
            return super().send_messages(messages)

    monkeypatch.setattr(mailer, "get_connection", Picky)
    waiting(email="ruth@example.org")

    assert run() == 1
    assert [message.to for message in outgoing.outbox] == [["ruth@example.org"]]


def test_somebody_who_can_no_longer_sign_in_gets_no_mail(notice):
    user = notice.recipient.user
    user.is_active = False
    user.save()

    assert run() == 0
    notice.refresh_from_db()
    assert (notice.mailed_at, notice.mail_due_at) == (None, None)
    assert outgoing.outbox == []


def test_the_task_mails_everything_that_waits_and_again_nothing():
    for number in range(25):
        waiting(
            email=f"person-{number}@example.org",
        )

    for _ in range(3):
        tasks.mail_notices()

    assert len(outgoing.outbox) == 25
    assert Notice.objects.filter(mailed_at=None).count() == 0
