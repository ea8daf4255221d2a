"""Two people, or two sweepers, at the same moment: one change, one mail, one open proposal."""

from datetime import timedelta
from functools import partial

import pytest
from django.core import mail as outgoing

from identity import hold_mailer
from identity.actions import hold_reminders
from identity.models import HoldReminder
from identity.roles import Role
from portal.core.actions import windows
from portal.core.actors import Actor
from portal.core.data_classes import registry
from portal.core.models import AuditEntry, WindowChange
from tests.factories.base import AT
from tests.factories.core import HoldFactory, PlatformFactory
from tests.factories.identity import UserFactory, staff_user
from tests.races import at_once
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

CASES = "closed cases"
BY = Actor.system("remind_of_holds")


def proposal(days):
    return partial(
        windows.propose,
        data_class=registry.classes[CASES],
        days=days,
        reason="The officer asked.",
        by=Actor.user(UserFactory()),
        at=AT,
    )


def settle(change):
    """Return the moves of four people on one open proposal."""
    data_class = registry.classes[CASES]
    return [
        *(
            partial(
                windows.approve,
                change=change,
                data_class=data_class,
                by=Actor.user(UserFactory()),
                at=AT,
            )
            for _ in range(2)
        ),
        *(
            partial(windows.withdraw, change=change, by=Actor.user(UserFactory()), at=AT)
            for _ in range(2)
        ),
    ]


@pytest.mark.parametrize("trial", range(size(every_run=3, release=60)))
def test_one_proposal_is_open_and_settled_once(trial):
    made, refused = at_once.split(at_once.run(*(proposal(400 + n) for n in range(4))))
    assert (len(made), len(refused)) == (1, 3)

    done, refused = at_once.split(at_once.run(*settle(made[0])))

    change = WindowChange.objects.get()
    assert (len(done), len(refused)) == (1, 3)
    assert (change.approved_at is None) != (change.withdrawn_at is None)
    assert registry.classes[CASES].days() == (730 if change.withdrawn_at else change.days)
    assert AuditEntry.objects.filter(record_id=str(change.pk)).count() == 2


@pytest.mark.parametrize("trial", range(size(every_run=3, release=60)))
def test_sweepers_side_by_side_remind_each_person_once(trial):
    platform = PlatformFactory()
    placed, administrator = staff_user(platform, Role.SENIOR), staff_user(platform, "ADMINISTRATOR")
    for _ in range(5):
        HoldFactory(platform=platform, placed_by=placed.pk, review_at=AT + timedelta(days=1))
    at = AT + timedelta(days=2)

    def sweep():
        hold_reminders.write_due(by=BY, at=at, limit=3)
        hold_reminders.write_due(by=BY, at=at, limit=3)
        return hold_mailer.run(by=BY, clock=lambda: at)

    at_once.run(*[sweep] * 4)
    sweep()

    assert HoldReminder.objects.count() == 10
    assert len(outgoing.outbox) == 10
    assert {message.to[0] for message in outgoing.outbox} == {placed.email, administrator.email}
