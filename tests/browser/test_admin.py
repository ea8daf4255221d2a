"""The staff admin in a real browser: every kind of page, the decision dialog, the keyboard."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from groups.actions import duties
from groups.models import Case, Duties, Evidence
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.admin.panels import list_of, page_of
from portal.core.models import Hold, WebhookEndpoint
from tests.admin.records import make_records
from tests.factories.base import fixture_rows
from tests.factories.identity import staff_user
from tests.groups.scene import (
    SUSPEND_OWNING,
    another_case,
    appeal_against,
    decide,
    decide_in_effect,
    make_scene,
)

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützensammlerfreunde International"
RIGHT_TO_LEFT = "مجموعة القراءة الطويلة جدا للكتب"


@pytest.fixture
def scene():
    scene = make_scene()
    with fixture_rows():
        type(scene.group).objects.filter(pk=scene.group.pk).update(name=LONG)
        type(scene.owner).objects.filter(pk=scene.owner.pk).update(display_name=RIGHT_TO_LEFT)
        Evidence.objects.create(
            flag=scene.flag, excerpt="Send 50 euros.", sha256="0" * 64, attached_at=timezone.now()
        )
        Case.objects.filter(pk=scene.case.pk).update(due_at=timezone.now() + timedelta(hours=5))
    return scene


@pytest.fixture
def staff(scene, page_of_staff):
    return page_of_staff(*Role)


@pytest.fixture
def page_of_staff(scene, page_of_user):
    return lambda *roles: page_of_user(scene.staff(*roles))


def work(name, record):
    return reverse(f"admin:work_{name}", args=[record.pk])


def test_every_kind_of_page_has_no_serious_barrier(scene, staff, look):
    make_records(scene.platform, number=2)
    held = decide(another_case(scene), scene.staff(), SUSPEND_OWNING)
    appealed = decide_in_effect(scene, case=another_case(scene))
    appeal = appeal_against(appealed, scene.owner, at=appealed.decided_at)
    addresses = {
        "admin-overview": reverse("admin:index"),
        "admin-queue": reverse("admin:work_queue", args=["reviews"]),
        "admin-case": work("case", scene.case),
        "admin-second": work("decision", held),
        "admin-appeal": work("appeal", appeal),
        "admin-log": reverse("admin:log"),
        "admin-groups": list_of(type(scene.group)),
        "admin-group": page_of(scene.group),
        "admin-account": page_of(scene.owner),
        "admin-cases": list_of(Case),
        "admin-case-record": page_of(scene.case),
        "admin-decision-record": page_of(held),
        "admin-hold": page_of(Hold.objects.get()),
        "admin-webhooks": page_of(WebhookEndpoint.objects.get()),
        "admin-nothing-found": list_of(Case) + "?q=nothing",
    }
    for name, address in addresses.items():
        staff.goto(address)
        expect(staff.locator("#content")).to_be_visible()
        look(staff, name)


def test_every_list_opens_without_a_barrier(scene, staff, axe):
    """Lists share their parts, so axe looks where one has a part that none before it had."""
    from django.contrib import admin

    from tests.browser.conftest import SCHEMES, parts, serious

    make_records(scene.platform, number=2)
    known = set()
    for model in admin.site._registry:
        staff.goto(list_of(model))
        expect(staff.locator("#content")).to_be_visible()
        found = parts(staff)
        if found <= known:
            continue
        known |= found
        for scheme in SCHEMES:
            staff.emulate_media(color_scheme=scheme)
            assert serious(axe, staff) == [], f"{model._meta.label}, {scheme}"


def test_nothing_is_loaded_from_elsewhere(scene, staff, live_server):
    asked = []
    staff.on("request", lambda request: asked.append(request.url))

    for address in (reverse("admin:index"), work("case", scene.case), list_of(Case)):
        staff.goto(address)

    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_a_case_is_decided_in_a_dialog_by_keyboard_alone(scene, page_of_staff, look):
    page = page_of_staff("REVIEWER")
    page.goto(work("case", scene.case))

    page.get_by_role("radio", name="Upheld, with measures").focus()
    page.keyboard.press("Space")
    kind = page.locator("#id_measures-0-kind")
    expect(kind).to_be_visible()
    expect(page.locator("#id_measures-0-days")).to_be_hidden()
    kind.select_option("SUSPEND")
    page.locator("#id_measures-0-privilege").select_option("OWN_GROUP")
    page.locator("#id_measures-0-days").fill("30")
    page.get_by_label("Facts").fill("Three members were asked for deposits.")
    page.get_by_label("Reasons").fill("The rule on scams forbids it.")
    page.get_by_role("button", name="See the effect").focus()
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog", name="What this decision does")
    expect(dialog).to_contain_text("“Suspend a privilege” needs a second person.")
    look(page, "admin-decision-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="See the effect").press("Enter")
    dialog.get_by_role("button", name="Send it to a second person").press("Enter")

    expect(page.locator("#main")).to_contain_text("waits for a second person")
    assert scene.case.decisions.get().is_held


def test_a_refused_form_says_why_and_takes_the_focus(scene, page_of_staff, look):
    page = page_of_staff("REVIEWER")
    page.goto(work("case", scene.case))

    page.get_by_role("button", name="See the effect").click()

    problem = page.locator("#decision-form [role=alert]")
    expect(problem).to_contain_text("Choose an outcome.")
    expect(problem).to_be_focused()
    look(page, "admin-decision-refused")


def test_a_case_is_decided_without_script(scene, page_of_user):
    user = scene.staff()
    page = page_of_user(user, java_script_enabled=False)
    page.goto(work("case", scene.case))

    page.get_by_label("Not upheld").check()
    page.get_by_label("Facts").fill("Nothing of it could be seen.")
    page.get_by_label("Reasons").fill("No rule was broken.")
    page.get_by_role("button", name="See the effect").click()
    page.get_by_role("button", name="Record the decision").click()

    page.wait_for_url(f"**{work('case', scene.case)}?queue=reviews")
    assert scene.case.decisions.get().outcome == "DISMISSED"


def test_an_excerpt_shows_while_space_is_held_and_stays_after_a_press(scene, page_of_staff):
    page = page_of_staff("REVIEWER")
    page.goto(work("case", scene.case))
    excerpt = page.get_by_text("Send 50 euros.")
    expect(excerpt).to_be_hidden()

    page.locator("[data-evidence] > summary").focus()
    page.keyboard.down("Space")
    expect(excerpt).to_be_visible()
    page.keyboard.up("Space")
    expect(excerpt).to_be_hidden()

    page.keyboard.press("Enter")
    expect(excerpt).to_be_visible()


def test_an_appeal_is_reversed_in_a_dialog_by_keyboard_alone(scene, page_of_staff, look):
    decided = decide_in_effect(scene, SUSPEND_OWNING)
    appeal = appeal_against(decided, scene.owner, at=decided.decided_at)
    page = page_of_staff("SENIOR")
    page.goto(work("appeal", appeal))
    page.keyboard.press("c")
    expect(page.locator("#content")).to_contain_text("Reverse it in part")
    page.wait_for_load_state()

    page.keyboard.press("2")
    expect(page.get_by_label("Keep the points")).to_be_checked()
    expect(page.locator("#id_measures-0-kind")).to_have_value("SUSPEND")
    page.get_by_role("button", name="See the effect").press("Enter")
    problem = page.locator("#appeal-form [role=alert]")
    expect(problem).to_contain_text("Give the reasons.")
    expect(problem).to_be_focused()
    page.get_by_role("radio", name="Reverse it: undo everything").check()
    page.get_by_label("Reasons").fill("It was somebody else.")
    page.get_by_role("button", name="See the effect").press("Enter")

    dialog = page.get_by_role("dialog", name="What this outcome does")
    expect(dialog).to_contain_text("Roles return")
    look(page, "admin-appeal-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="See the effect")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Decide the appeal").press("Enter")

    expect(page.locator("#main")).to_contain_text("decision reversed")
    appeal.refresh_from_db()
    assert appeal.state == "REVERSED"


def test_two_people_on_one_case_see_each_other(scene, page_of_user, client):
    first, second = (
        staff_user(scene.platform, name=name) for name in ("Mina Okafor", "Sam Rivera")
    )
    page = page_of_user(first, asks_who_is_here=True)
    client.cookies.clear()
    other = page_of_user(second, asks_who_is_here=True)
    with page.expect_response("**/viewing/"):
        page.goto(work("case", scene.case))

    with other.expect_response("**/viewing/"):
        other.goto(work("case", scene.case))

    expect(other.locator("[data-viewing]")).to_contain_text("Mina Okafor is also viewing")


def test_filters_open_close_and_apply_by_keyboard(scene, staff, look):
    staff.goto(list_of(Case))
    opener = staff.locator("[data-open-filters]")

    opener.focus()
    staff.keyboard.press("Enter")
    dialog = staff.get_by_role("dialog", name="Filters")
    expect(dialog).to_be_visible()
    for _ in range(40):
        staff.keyboard.press("Tab")
        assert dialog.evaluate("element => element.contains(document.activeElement)")
    staff.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    staff.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    look(staff, "admin-filters")
    dialog.get_by_label("Decided").check()
    dialog.get_by_role("button", name="Apply Filters").press("Enter")
    staff.wait_for_url("**state__exact=DECIDED**")
    expect(staff.locator("#content")).to_contain_text("Nothing matches")


def test_the_sidebar_and_the_menus_open_by_keyboard(scene, staff, look):
    staff.goto(reverse("admin:index"))

    staff.get_by_role("button", name="Retention", exact=True).press("Enter")
    expect(staff.get_by_role("link", name="Purge certificates")).to_be_visible()
    staff.locator("button[aria-haspopup=true]").press("Enter")
    expect(staff.get_by_role("link", name="Second factor")).to_be_visible()
    look(staff, "admin-menus")
    staff.set_viewport_size({"width": 390, "height": 844})
    staff.goto(reverse("admin:index"))
    staff.locator("[data-open-sidebar]").press("Enter")
    expect(staff.get_by_role("link", name="Report reviews")).to_be_visible()


def test_a_hold_is_placed_in_a_dialog(scene, staff, look):
    staff.set_viewport_size({"width": 1280, "height": 900})
    staff.goto(page_of(scene.group))

    staff.get_by_role("link", name="Place a hold").press("Enter")
    dialog = staff.locator("#modal-content")
    expect(dialog.get_by_label("Matter")).to_be_focused()
    dialog.get_by_label("Matter").fill("File 12/26")
    dialog.get_by_label("Reason").fill("A court asked to keep it.")
    day = (timezone.now() + timedelta(days=200)).date().isoformat()
    dialog.get_by_label("Review by").fill(day)
    dialog.get_by_role("button", name="Place the hold").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Review a hold within 90 days")
    look(staff, "admin-hold-dialog")
    staff.set_viewport_size({"width": 1280, "height": 900})
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    dialog.get_by_label("Review by").fill(day)
    dialog.get_by_role("button", name="Place the hold").click()

    expect(staff.locator("#main")).to_contain_text("A second person has to approve it.")
    assert Hold.objects.get().scope_id == scene.group.pk


def test_names_are_never_run_as_script(scene, staff):
    evil = "<img src=x onerror=\"document.title='run'\">"
    with fixture_rows():
        type(scene.group).objects.filter(pk=scene.group.pk).update(name=evil)

    for address in (
        reverse("admin:work_queue", args=["reviews"]),
        work("case", scene.case),
        list_of(type(scene.group)),
        page_of(scene.group),
        page_of(scene.case),
    ):
        staff.goto(address)
        expect(staff.locator("#content")).to_contain_text("onerror")
        assert staff.title() != "run"


def test_on_a_phone_the_actions_of_a_list_lie_above_it(page_of_user, scene):
    administrator = scene.staff(Role.ADMINISTRATOR)
    duties.publish(
        platform=scene.platform,
        texts={"en": "Answer for your group.", "de": ""},
        by=Actor.user(administrator),
        at=timezone.now(),
    )
    page = page_of_user(administrator, viewport={"width": 390, "height": 844})
    page.goto(list_of(Duties))

    page.get_by_text("more_horiz").click()
    page.get_by_text("Publish a new version").click()

    expect(page.get_by_role("dialog").get_by_label("Text in English")).to_be_visible()
