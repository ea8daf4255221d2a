"""Whatever a file can be: none, broken, of another program; and out and in again."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.models import Group, RegistryUpload
from groups.registry import reading, tables
from identity.models import Account
from portal.core import cells
from tests.factories.base import AT

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counts(upload):
    return upload.added, upload.changed, upload.unchanged, upload.refused


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"group,name\ng-1,\xff\n", "Line 2 is not UTF-8."),
        (b"group,name\ng-1,a\0b\n", "Line 2 contains a NUL character."),
        (b"name\nx\n", "The column group is missing. The columns are: group, name, members"),
        (b"group,rating\nx,5\n", "The column rating is not known."),
        (b"group,name,name\nx,a,b\n", "Two columns have the same name."),
        (b"group,name\n", "The file has no rows."),
        (b"", "The file has no rows."),
        (b'group,name\ng-1,"open\n', "is not CSV"),
        (b"group\n" + b"g\n" * 10_001, "There are more than 10,000 rows."),
        (b"group\n" + b"g" * 10 * 1024 * 1024, "The file is larger than 10 MiB."),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(bring, body, problem):
    with pytest.raises(reading.NotATable) as refused, transaction.atomic():
        bring("GROUPS", body)

    assert problem in str(refused.value)
    assert not RegistryUpload.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffgroup,name\r\ng-1,Ähre\r\n",
        "group;name\ng-1;Ähre\n",
        "group\tname\ng-1\tÄhre\n",
        " Group , NAME \n\n g-1 , Ähre \n",
    ],
)
def test_tables_as_spreadsheets_write_them_are_read(taken, text):
    taken("GROUPS", text)

    assert Group.objects.values_list("external_id", "name").get() == ("g-1", "Ähre")


def test_json_lands_row_by_row(taken):
    rows = '[{"group": "g-1", "name": "One", "members": 7}, {"group": ["g"]}, {"nome": "x"}, 5]'

    upload = taken("GROUPS", rows, form="JSON")

    assert counts(upload) == (1, 0, 0, 3)
    assert Group.objects.get().size == 7
    assert "The column group is missing" in upload.body


@pytest.mark.parametrize("text", ["{}", "[", '{"group": "g"}', "[" * 100_000])
def test_what_is_no_array_of_objects_is_refused(bring, text):
    with pytest.raises(reading.NotATable), transaction.atomic():
        bring("GROUPS", text, form="JSON")


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).map(
    str.strip
)


@settings(max_examples=60, deadline=None)
@given(rows=st.dictionaries(NAMES.filter(bool), NAMES, min_size=1, max_size=8))
def test_cells_come_back_as_they_were(rows):
    text = cells.as_csv([["account", "name"], *rows.items()])

    found = reading.read(text, form="CSV", columns=["account", "name"], needed=["account"])

    assert [(row.cells["account"], row.cells["name"]) for row in found] == list(rows.items())


@pytest.mark.parametrize("table", ["GROUPS", "ACCOUNTS", "ROLES"])
def test_what_is_taken_out_changes_nothing_when_it_is_brought_again(
    registered, platform, taken, table
):
    Group.objects.update(name="'=cmd()", size=3)
    Account.objects.filter(platform=platform).update(display_name="-Anna")
    taken(
        "ROLES",
        "group,account,role,since,until\ng-1,u-1,owner,2024-01-01,\n"
        "g-1,u-2,owner,2024-02-01,\ng-1,u-3,manager,2024-02-01,2024-05-05\n",
    )
    resource = tables.TABLES[table](platform=platform, at=AT)
    rows = [resource.export_resource(row) for row in resource.rows()]
    assert rows

    upload = taken(table, cells.as_csv([resource.columns, *rows]))

    assert counts(upload) == (0, 0, len(rows), 0)
