"""An administrator brings a table in a real browser, by keyboard, and takes it out again."""

import pytest
from playwright.sync_api import expect

from groups.models import Group
from tests import signin
from tests.browser.test_dashboard import press
from tests.groups import place as places

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = """group,name,members,language
g-owls,Night birds,121,en
g-chess,Chess Under 1500,4134,en
g-rtl,مجموعة القراءة الطويلة جدا للكتب,720,ar
g-bad,Broken,many,en
"""


def test_a_table_is_brought_and_taken_out(page_of, look, tmp_path):
    place = places.make_place(name="Relay")
    user = place.staff("ADMINISTRATOR")
    signin.add_totp(user)
    page = page_of(user)
    file = tmp_path / "groups.csv"
    file.write_text(TABLE)

    page.goto("/admin/groups/bring/")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_text("Choose a file.")).to_be_visible()
    look(page, "admin-bring-refused")
    page.get_by_label("File").set_input_files(file)
    press(page, "See what it changes")

    expect(page.get_by_text("name: Night owls → Night birds")).to_be_visible()
    look(page, "admin-bring-preview")
    press(page, "Take 3 rows, leave out 1")
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    look(page, "admin-bring-result")
    assert Group.objects.get(external_id="g-owls").name == "Night birds"
    page.goto("/admin/groups/bring/")
    look(page, "admin-bring")
    with page.expect_download() as download:
        page.get_by_role("link", name="Groups as CSV").click()
    assert "g-chess,Chess Under 1500,4134,en" in download.value.path().read_text()
