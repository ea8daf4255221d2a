"""The mail with the link: leaves once, is tried again, and goes to nobody else."""

from datetime import timedelta
from smtplib import SMTPException

import pytest
from allauth.account.models import EmailAddress
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse

from identity import email_links, link_mailer
from identity.models import VerificationRequest
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("tests")


@pytest.fixture
def request_for_link():
    user = UserFactory()
    with fixture_rows():
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    account = AccountFactory(user=user)
    provider = VerificationProviderFactory(platform=account.platform, kind="EMAIL", level="BASIC")
    return VerificationRequestFactory(
        account=account, provider=provider, due_at=AT + timedelta(hours=24), mail_due_at=AT
    )


def send(after=timedelta(0)):
    return link_mailer.run(by=BY, clock=lambda: AT + after)


def test_the_link_leaves_once_and_opens_the_page(request_for_link, mailoutbox, settings):
    assert [send(), send(), send()] == [1, 0, 0]

    (mail,) = mailoutbox
    user = request_for_link.account.user
    token = email_links.token_for(request_for_link.pk, address=user.email)
    assert mail.to == [user.email]
    assert settings.PUBLIC_URL + reverse("groups:verification_link", args=[token]) in mail.body
    stored = VerificationRequest.objects.get()
    assert (stored.mailed_at, stored.mail_due_at, stored.mail_attempts) == (AT, None, 1)


def test_a_link_that_did_not_leave_is_tried_again(request_for_link, mailoutbox, monkeypatch):
    def fail(self, messages):
        raise SMTPException

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        assert send() == 0
    assert send(timedelta(minutes=4)) == 0

    assert send(timedelta(minutes=5)) == 1
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    "change",
    [{"state": "WITHDRAWN"}, {"due_at": AT}, {"mail_due_at": None}],
    ids=["withdrawn", "too late", "nothing due"],
)
def test_no_link_leaves_that_would_not_work(request_for_link, mailoutbox, change):
    with fixture_rows():
        VerificationRequest.objects.update(**change)

    assert send() == 0
    assert mailoutbox == []


def test_nothing_leaves_to_an_address_that_is_no_longer_confirmed(request_for_link, mailoutbox):
    EmailAddress.objects.update(verified=False)

    assert send() == 0

    assert mailoutbox == []
    assert VerificationRequest.objects.get().mail_due_at is None
