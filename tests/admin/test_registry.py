"""Administrators bring tables in the admin, look at what they change, and take them out."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from groups.models import Group, RegistryUpload
from identity.roles import Role
from portal.core.models import AuditEntry
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.groups.views import reading

BRING = "/admin/groups/bring/"


@pytest.fixture
def admin(scene):
    return enter(scene.staff(Role.ADMINISTRATOR))


def send(client, scene, text, *, name="groups.csv", table="GROUPS"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(BRING, {"platform": scene.platform.pk, "table": table, "file": file})


def seen(page):
    return page.context["plan"].mark


def test_a_table_is_looked_at_and_then_taken(admin, scene):
    answer = send(admin, scene, "group,name\ng-owls,Night birds\ng-2,Chess\ng-3,\x07\n")
    page = admin.get(answer.url)
    text = reading.words(page)

    assert "Changed 1 row" in text
    assert "name: Night owls → Night birds" in text
    assert "1 new group has no owner until you bring roles." in text
    assert "Take 2 rows, leave out 1" in text
    assert Group.objects.get(external_id="g-owls").name == "Night owls"

    taken = admin.post(answer.url, {"seen": seen(page)}, follow=True)

    assert "What came of it" in reading.words(taken)
    assert Group.objects.get(external_id="g-owls").name == "Night birds"
    refused = admin.get(reverse("admin:bring_refused", args=[RegistryUpload.objects.get().pk]))
    (row,) = csv.DictReader(io.StringIO(refused.content.decode()))
    assert (row["row"], row["group"]) == ("4", "g-3")
    assert "1 new, 1 changed, 1 refused" in reading.words(admin.get(BRING))


def test_refused_rows_can_be_downloaded_before_anything_is_taken(admin, scene):
    answer = send(admin, scene, "group,name\ng-3,\x07\n")

    refused = admin.get(answer.url + "refused.csv").content.decode()

    assert "another character that cannot be shown" in refused
    entry = AuditEntry.objects.get(action="registry.export_refused")
    assert (entry.platform_id, entry.record_id) == (
        scene.platform.pk,
        str(RegistryUpload.objects.get().pk),
    )
    assert "Take" not in reading.words(admin.get(answer.url)).partition("What it would change")[2]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("groups.xlsx", "group\ng-1\n", "Its name has to end in .csv or .json."),
        ("groups.csv", "", "The file is empty."),
        ("groups.csv", "name\nx\n", "The column group is missing."),
        ("groups.json", "{}", "The file is not a JSON array of objects"),
        ("groups.csv", "group\n" + "g" * 10_485_760, "The file is larger than 10 MiB."),
    ],
)
def test_what_is_no_table_is_said_at_the_field(admin, scene, name, text, sentence):
    answer = send(admin, scene, text, name=name)

    assert answer.status_code == 422
    assert sentence in reading.words(answer)
    assert not RegistryUpload.objects.exists()


def test_what_changed_meanwhile_is_shown_before_it_is_taken(admin, scene):
    url = send(admin, scene, "group,name\ng-owls,Night birds\n").url
    mark = seen(admin.get(url))
    Group.objects.filter(pk=scene.group.pk).update(name="Owls")

    answer = admin.post(url, {"seen": mark})

    assert answer.status_code == 409
    assert "name: Owls → Night birds" in reading.words(answer)
    assert "What is known here has changed since you looked." in reading.words(answer)
    assert Group.objects.get(pk=scene.group.pk).name == "Owls"


def test_a_table_is_deleted_unused(admin, scene):
    url = send(admin, scene, "group\ng-2\n").url

    page = admin.post(url + "discard/", follow=True)

    assert "Nothing was changed." in reading.words(page)
    assert not RegistryUpload.objects.exists()
    assert not Group.objects.filter(external_id="g-2").exists()


def test_a_table_of_another_platform_is_not_found(admin, scene):
    other = RegistryUpload.objects.create(
        platform=PlatformFactory(),
        table="GROUPS",
        form="CSV",
        file_name="theirs.csv",
        sha256="0" * 64,
        body="group\ng-1\n",
        uploaded_by=scene.staff(Role.ADMINISTRATOR),
        uploaded_at=AT,
    )
    url = reverse("admin:bring_table", args=[other.pk])

    for answer in (
        admin.get(url),
        admin.post(url, {"seen": ""}),
        admin.post(url + "discard/"),
        admin.get(url + "refused.csv"),
    ):
        assert answer.status_code == 404
    assert "theirs.csv" not in reading.words(admin.get(BRING))


def test_tables_are_taken_out_and_that_is_recorded(admin, scene):
    slug = scene.platform.slug

    groups = admin.get(f"/admin/groups/{slug}-groups.csv").getvalue().decode()
    roles = json.loads(admin.get(f"/admin/groups/{slug}-roles.json").getvalue())
    accounts = admin.get(f"/admin/groups/{slug}-accounts.json").getvalue().decode()

    assert groups.splitlines() == ["group,name,members,language", "g-owls,Night owls,120,de"]
    assert [(row["group"], row["role"]) for row in roles] == [("g-owls", "owner")]
    assert {row["name"] for row in json.loads(accounts)} == {"Olga", "Mats", "Rana"}
    exported = AuditEntry.objects.filter(action="registry.export")
    assert {entry.new["table"] for entry in exported} == {"GROUPS", "ROLES", "ACCOUNTS"}
    assert {entry.platform_id for entry in exported} == {scene.platform.pk}


@pytest.mark.parametrize("name", ["{}-people.csv", "{}-groups.xml", "nowhere-groups.csv"])
def test_what_is_no_table_is_not_taken_out(admin, scene, name):
    assert admin.get("/admin/groups/" + name.format(scene.platform.slug)).status_code == 404
