"""Celery wakes these; each may run twice, late or side by side."""

from celery import shared_task
from django.utils import timezone

from identity import hold_mailer, link_mailer
from identity.actions import hold_reminders, requests, verifications
from portal.core.actors import Actor

BATCH = 500


@shared_task(name="identity.tasks.expire_verifications", time_limit=300, ignore_result=True)
def expire_verifications() -> None:
    by, at = Actor.system("expire_verifications"), timezone.now()
    while verifications.note_expired(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while requests.expire(by=by, at=at, limit=BATCH) == BATCH:
        pass


@shared_task(name="identity.tasks.remind_of_holds", time_limit=300, ignore_result=True)
def remind_of_holds() -> None:
    by = Actor.system("remind_of_holds")
    while hold_reminders.write_due(by=by, at=timezone.now(), limit=BATCH) == BATCH:
        pass
    hold_mailer.run(by=by)


@shared_task(name="identity.tasks.mail_verification_links", time_limit=300, ignore_result=True)
def mail_verification_links() -> None:
    link_mailer.run(by=Actor.system("mail_verification_links"))
