"""A platform with the default rules and a group of people who can be reported and can answer."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction

from groups import models
from groups.actions import flags, rules
from groups.models.tenures import Role
from identity.models import Account
from portal.core.actors import Actor
from portal.core.models import Platform
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, UserFactory, staff_user

BY_TESTS = Actor.system("tests")
LONG_AGO = AT - timedelta(days=400)


@dataclass
class Place:
    platform: Platform
    group: models.Group
    owner: Account
    manager: Account
    member: Account
    reporter: Account

    def rule(self, code="R-1"):
        return models.Rule.objects.get(platform=self.platform, code=code, retired_at=None)

    def person(self, name="", **fields):
        """An account of this platform, with somebody who signs in."""
        user = UserFactory(**fields)
        return AccountFactory(platform=self.platform, user=user, display_name=name or user.name)

    def staff(self, *roles):
        return staff_user(self.platform, *roles)

    def report(self, *, at=AT, code="R-1", by=BY_TESTS, **changes):
        sent = {
            "platform": self.platform,
            "group": self.group,
            "subject": self.member,
            "rule": self.rule(code),
            "reporter": self.reporter,
            "source": models.Flag.Source.NOTICE,
            "statement": "They ask members for deposits.",
            "excerpts": ["Please transfer 50 first."],
            "external_id": None,
        }
        return flags.send(**(sent | changes), by=by, at=at)

    def open_case(self, **changes):
        return models.Case.objects.get(pk=self.report(**changes).case_id)

    def case_with_staff(self, **changes):
        """A case that nobody in the group was asked about."""
        return self.open_case(code="R-3", **changes)


def make_place(**fields):
    platform = PlatformFactory(**fields)
    rules.install_defaults(platform=platform, by=BY_TESTS, at=LONG_AGO)
    group = GroupFactory(platform=platform, name="Night owls", external_id="g-owls")
    place = Place(platform, group, None, None, None, None)
    place.owner = place.person("Olga")
    place.manager = place.person("Mara")
    place.member, place.reporter = place.person("Mats"), place.person("Rana")
    TenureFactory(group=group, account=place.owner, role=Role.OWNER)
    TenureFactory(group=group, account=place.manager, role=Role.MANAGER)
    return place


def kinds(case, **wanted):
    """The kinds of a case's timeline, in order."""
    lines = case.timeline.filter(**wanted).order_by("at", "pk")
    return list(lines.values_list("kind", flat=True))


def told(account):
    """The kinds of notices an account got, in order."""
    return list(account.notices.order_by("created_at", "pk").values_list("kind", flat=True))


@contextmanager
def refused(error, match=None):
    """Expect the error; what was written before it is undone as at the outermost action."""
    with pytest.raises(error, match=match) as caught, transaction.atomic():
        yield caught
