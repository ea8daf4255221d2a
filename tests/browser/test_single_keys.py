"""The single keys of the work, and what the keyboard reaches first, in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.groups.scene import another_case, make_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db):
    return make_scene()


@pytest.fixture
def page(scene, page_of_user):
    return page_of_user(scene.staff("REVIEWER"))


def case_page(scene):
    return reverse("admin:work_case", args=[scene.case.pk])


def test_single_keys_do_the_work_and_can_be_switched_off(scene, page, look):
    other = another_case(scene)
    page.goto(reverse("admin:work_queue", args=["reviews"]))

    page.keyboard.press("j")
    expect(page.locator("[aria-current=page] >> text=C-")).to_have_count(1)
    first = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("k")
    page.wait_for_url(first)
    assert {str(scene.case.pk), str(other.pk)} >= {first.split("/")[-2]}

    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Upheld, handled by the owner")).to_be_checked()
    page.keyboard.press("n")
    page.keyboard.type("j is a letter here")
    expect(page.get_by_label("Internal note")).to_have_value("j is a letter here")
    page.get_by_role("radio", name="Upheld, handled by the owner").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("The next one in the queue")
    look(page, "admin-keys")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#content")).to_contain_text("Yours until")

    page.keyboard.press("?")
    dialog.get_by_role("button", name="Switch single keys off").press("Enter")
    expect(page.locator("#main")).to_contain_text("Single keys are off.")
    here = page.url
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Upheld, handled by the owner")).not_to_be_checked()
    assert page.url == here


def test_a_key_pressed_while_the_page_arrives_waits_for_the_rest_of_it(scene, page):
    """The list of keys opens in the dialog that comes last, and not on a page of its own."""
    held = []

    def break_off(route):
        answer = route.fetch()
        parts = answer.text().rpartition('<dialog id="dialog"')
        body = f'{parts[0]}<script src="/static/held.js"></script>{parts[1]}{parts[2]}'
        route.fulfill(response=answer, body=body)

    page.route(f"**{case_page(scene)}", break_off)
    page.route("**/static/held.js", lambda route: held.append(route))
    with page.expect_request("**/static/held.js"):
        page.goto(case_page(scene), wait_until="commit")
    expect(page.locator("#content")).to_contain_text("Nobody has it")

    page.keyboard.press("?")
    (script,) = held
    script.fulfill(body="")

    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert page.url.endswith(case_page(scene))


def test_the_first_stop_of_the_keyboard_skips_the_sidebar(scene, page):
    page.goto(reverse("admin:work_queue", args=["reviews"]))

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("button", name="Take the next case")).to_be_focused()
