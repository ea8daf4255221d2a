"""The fairness report in a real browser: its pictures and tables, and the period of a link."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from identity.actions import staff
from identity.roles import Role
from portal.core.actors import Actor
from tests import signin
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory
from tests.factories.identity import UserFactory, staff_user
from tests.reports.deciding import DAY, Decided, Desk

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Impersonation of people, brands and authorities, and of their accounts"


@pytest.fixture
def platform(transactional_db):
    return PlatformFactory(name="Relay")


@pytest.fixture
def auditor(platform, page_of):
    """Reads the reports of two platforms."""
    user = staff_user(platform, Role.AUDITOR)
    other = PlatformFactory(name="Aether")
    staff.assign(
        user=user,
        platform=other,
        role=Role.AUDITOR,
        by=Actor.system("tests"),
        at=timezone.now(),
    )
    signin.add_totp(user)
    return page_of(user)


@pytest.fixture
def decided(platform):
    """A rule and a reviewer that differ, a long title, bands of all sizes and a small row."""
    desk, at = Desk(platform), timezone.now() - 40 * DAY
    rules = [
        RuleFactory(platform=platform, code=code, title=title)
        for code, title in (("R-101", "Scams"), ("R-102", LONG), ("R-103", "Spam"))
    ]
    groups = [
        GroupFactory(platform=platform, size=size, language=language)
        for size, language in ((None, ""), (30, "de"), (300, "pt-br"), (3000, "tr"), (9000, "en"))
    ]
    people = UserFactory.create_batch(4, is_staff=True)
    taken = []
    for n in range(400):
        measured = n % 8 == 0 or n % 5 < 2
        taken.append(
            Decided(
                rules[n % 7 % 3],
                groups[n % 5 if n % 3 else 1],
                people[n % 4],
                outcome="MEASURES" if measured else "DISMISSED",
                measures=("WARN", "SUSPEND") if measured and n % 3 == 0 else ("WARN",) * measured,
                appeal="REVERSED" if measured and n % 9 == 0 else "UPHELD" if n % 6 == 0 else "",
                at=at - n * DAY / 2,
            )
        )
    rare = RuleFactory(platform=platform, code="R-104", title="Malware")
    desk.take([*taken, *Decided(rare, groups[4], people[0], at=at) * 5])


def test_the_fairness_report_has_no_serious_barrier(auditor, platform, decided, look):
    auditor.goto(reverse("admin:fairness") + f"?platform={platform.slug}")
    expect(auditor.get_by_role("heading", name="By reviewer")).to_be_visible()
    look(auditor, "fairness")

    auditor.goto(reverse("admin:fairness") + f"?platform={platform.slug}&last=2020-01-01")
    expect(auditor.get_by_text("Choose a last day")).to_be_visible()
    look(auditor, "fairness-refused")


def test_a_period_is_chosen_by_keyboard_and_a_row_leads_to_its_decisions(
    auditor, platform, decided, look
):
    page, last = auditor, (timezone.now() - 41 * DAY).date()
    page.goto(reverse("admin:fairness"))
    page.get_by_label("Platform").select_option(platform.slug)
    page.get_by_label("Last day").fill(last.isoformat())
    page.get_by_role("button", name="Show", exact=True).press("Enter")

    expect(page).to_have_url(re.compile(f"platform={platform.slug}&.*last={last}"))
    row = page.get_by_role("row").filter(has_text="R-101")
    assert int(row.get_by_role("cell").first.inner_text()) > 20
    row.get_by_role("link").press("Enter")
    # That these are the decisions which the row counts: tests/reports/test_fairness_page.py
    expect(page.get_by_role("link", name="D-").first).to_be_visible()
    expect(page).to_have_url(re.compile("rule_code=R-101"))
    look(page, "fairness-decisions")
