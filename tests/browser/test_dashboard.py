"""The pages of owners and managers in a real browser: the whole journey, by keyboard, and looks."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from credit.actions import policies
from groups.actions import appeals as appeal_actions
from groups.actions import cases as case_actions
from groups.actions import decisions
from groups.measures import MeasureInput
from groups.models import Appeal, Case, Decision, Group, Notice
from portal.core.actors import Actor
from tests.browser.conftest import sideways
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.groups import TenureFactory
from tests.groups import place as places

pytestmark = pytest.mark.django_db(transaction=True)

SUSPEND = MeasureInput("SUSPEND", privilege="CREATE_GROUP", days=30)


@pytest.fixture
def place():
    made = places.make_place(name="Relay")
    policies.install_default(platform=made.platform, by=places.BY_TESTS, at=places.LONG_AGO)
    now = timezone.now()
    TenureFactory(
        group=made.group,
        account=made.person("Maximiliane Antonia von Hohenberg-Sonnenschein"),
        role="MANAGER",
        since=now - timedelta(days=300),
        until=now - timedelta(days=30),
    )
    return made


def decide(place, case, *measures):
    """Decide with a second person; returns the decision in effect."""
    case.refresh_from_db()
    decision = decisions.decide(
        case=case,
        version=case.version,
        outcome="MEASURES",
        facts="Three members were asked for deposits.",
        reasons="The rule on scams forbids it.",
        measures=list(measures),
        by=Actor.user(place.staff("REVIEWER")),
        at=timezone.now(),
    )
    if decision.is_held:
        decisions.approve(
            decision=decision, by=Actor.user(place.staff("SENIOR")), at=timezone.now()
        )
    decision.refresh_from_db()
    return decision


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on the control that people know as `name`."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        )
        if " ".join((focused or "").split()) == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def press(page: Page, name: str) -> None:
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_owner_answers_reads_the_decision_and_appeals_by_keyboard(page_of, place):
    case = place.open_case(at=timezone.now())
    page = page_of(place.owner.user)

    page.goto("/")
    press(page, "Open the most urgent")
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.reference)
    tab_to(page, "Show the attached excerpt (it may be upsetting)")
    expect(page.get_by_text("Please transfer 50 first.")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please transfer 50 first.")).to_be_visible()
    press(page, "Send answer")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What did you do?")).to_be_focused()
    page.keyboard.type("We removed the post and spoke to them.")
    press(page, "Send answer")
    expect(page.get_by_role("status").filter(has_text="Your answer was sent.")).to_be_visible()

    mine = place.open_case(at=timezone.now(), subject=place.owner, code="R-2")
    decision = decide(place, mine, SUSPEND)
    page.goto("/notices/")
    notice = Notice.objects.get(decision=decision, recipient=place.owner)
    press(page, notice.subject)
    press(page, f"Open decision {decision.reference}")
    expect(page.get_by_text("Creating groups is suspended for 30 days.")).to_be_visible()
    press(page, "Appeal this decision")
    tab_to(page, "What is wrong with the decision?")
    page.keyboard.type("It was somebody else.")
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check your appeal")
    press(page, "Send the appeal")

    appeal = Appeal.objects.get()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Appeal {appeal.reference}")
    press(page, "Withdraw")
    press(page, "Keep it")
    assert Appeal.objects.get().state == "SUBMITTED"


def test_the_journey_works_without_scripts(page_of, place):
    case = place.open_case(at=timezone.now())
    page = page_of(place.manager.user, java_script_enabled=False)

    page.goto("/")
    page.get_by_role("link", name="Open the most urgent").click()
    page.get_by_label("What did you do?").fill("We removed the post.")
    page.get_by_role("button", name="Send answer").click()
    page.goto("/notices/")
    page.get_by_role("button", name="Mark as read").first.click()

    case.refresh_from_db()
    assert case.state == Case.State.WITH_STAFF
    assert place.manager.notices.filter(read_at__isnull=False).count() == 1


def test_a_notice_is_marked_read_in_place(page_of, place):
    place.open_case(at=timezone.now())
    page = page_of(place.owner.user)
    page.goto("/notices/")

    page.get_by_role("button", name="Mark as read").click()

    expect(page.locator("main .task")).to_contain_text("Read ")
    assert place.owner.notices.get().read_at is not None


def test_the_pages_of_a_group_have_no_serious_barrier(page_of, place, look):
    case = place.open_case(at=timezone.now())
    answered = place.open_case(at=timezone.now(), code="R-2")
    case_actions.answer(
        case=answered,
        version=answered.version,
        account=place.owner,
        text="We spoke to them.",
        by=Actor.user(place.owner.user),
        at=timezone.now(),
    )
    TenureFactory(
        group=place.group,
        account=place.person("Ines Albrecht"),
        since=timezone.now() - timedelta(days=330),
        until=timezone.now() - timedelta(days=290),
        ended="LEFT",
        ended_event=uuid4(),
    )
    Group.objects.update(first_seen_at=timezone.now() - timedelta(days=360))
    page = page_of(place.owner.user)
    home = f"/groups/{place.group.pk}/"
    for name, address in {
        "home": "/",
        "groups": "/groups/",
        "group-standing-clean": home,
        "group-cases": f"{home}cases/",
        "group-people": f"{home}people/?at={timezone.now() - timedelta(days=300):%Y-%m-%dT%H:%M}",
        "group-record": f"{home}record/",
        "account-record": f"/account/{place.owner.pk}/record/",
        "group-people-refused": f"{home}people/?at=2999-01-01T00:00",
        "case-to-answer": f"/cases/{case.reference}/",
        "case-answered": f"/cases/{answered.reference}/",
        "cases": "/cases/",
        "notices": "/notices/",
        "notice": f"/notices/{place.owner.notices.order_by('pk').first().pk}/",
        "report": "/report/",
        "account": "/account/",
    }.items():
        page.goto(address)
        look(page, f"dashboard-{name}")
    page.goto("/report/")
    page.get_by_role("button", name="Send report").click()
    look(page, "dashboard-report-errors")


def test_decisions_and_appeals_have_no_serious_barrier(page_of, place, look):
    findings.next_version(place.platform, giving(CRITICAL=180), at=timezone.now())
    decision = decide(place, place.case_with_staff(at=timezone.now(), subject=place.owner), SUSPEND)
    page = page_of(place.owner.user)
    for name, address in {
        "standing": f"/groups/{place.group.pk}/",
        "account-standing": f"/account/{place.owner.pk}/standing/",
        "decision": f"/decisions/{decision.reference}/",
        "appeal-form": f"/decisions/{decision.reference}/appeal/",
    }.items():
        page.goto(address)
        look(page, f"dashboard-{name}")
    page.get_by_label("What is wrong with the decision?").fill("It was not me.")
    page.get_by_role("button", name="Continue").click()
    look(page, "dashboard-appeal-review")
    page.get_by_role("button", name="Send the appeal").click()
    look(page, "dashboard-appeal-open")
    page.get_by_role("link", name="Withdraw").click()
    look(page, "dashboard-appeal-withdraw")
    _reverse(place)
    page.goto(f"/appeals/{Appeal.objects.get().reference}/")
    look(page, "dashboard-appeal-reversed")
    page.goto(f"/decisions/{decision.reference}/")
    look(page, "dashboard-decision-replaced")
    assert Decision.objects.filter(overrides=decision).exists()


def _reverse(place):
    by, at = Actor.user(place.staff("SENIOR")), timezone.now()
    appeal = Appeal.objects.get()
    appeal = appeal_actions.take(appeal=appeal, version=appeal.version, by=by, at=at)
    appeal_actions.decide(
        appeal=appeal,
        version=appeal.version,
        outcome="REVERSED",
        reasons="The messages came from somebody else.",
        by=by,
        at=at,
    )


def test_what_anybody_reads_has_no_serious_barrier(page, place, look):
    for name, address in {"rules": "/rules/", "standing-explained": "/standing/"}.items():
        page.goto(address)
        look(page, f"dashboard-{name}")


def test_long_and_right_to_left_names_fit_a_screen_of_320_pixels(page_of, place):
    names = {"نور الهدى عبد الرحمن " * 5, "Donaudampfschifffahrt" * 6}
    for name in names:
        type(place.group).objects.filter(pk=place.group.pk).update(name=name)
        case = place.open_case(at=timezone.now(), statement="x" * 300)
        page = page_of(place.owner.user, viewport={"width": 320, "height": 640})
        group = f"/groups/{place.group.pk}/"
        for address in (
            "/",
            "/groups/",
            group,
            f"{group}people/",
            f"{group}log/",
            f"/cases/{case.reference}/",
        ):
            page.goto(address)
            assert sideways(page) <= 0, (name[:20], address)
