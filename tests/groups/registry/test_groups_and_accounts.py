"""Tables of groups and accounts: compared, taken, and what cannot be is named."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import transaction

from groups.actions import registry
from groups.models import Group
from groups.registry.plans import Kind
from identity.models import Account
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counts(upload):
    return upload.added, upload.changed, upload.unchanged, upload.refused


def test_groups_are_added_and_changed_and_an_empty_cell_says_nothing(platform, taken):
    GroupFactory(platform=platform, external_id="g-1", name="Old", size=5, language="en")

    upload = taken("GROUPS", "group,name,members,language\ng-1,New,,\ng-2,Second,70,pt-BR\n")

    assert counts(upload) == (1, 1, 0, 0)
    first, second = Group.objects.filter(platform=platform).order_by("external_id")
    assert (first.name, first.size, first.language) == ("New", 5, "en")
    assert (second.name, second.size, second.language) == ("Second", 70, "pt-br")
    assert second.state == "ORPHANED"
    assert second.first_seen_at == AT


def test_the_same_table_again_changes_nothing(taken):
    table = "group,name,members,language\ng-1,Night owls,120,de\n"
    assert counts(taken("GROUPS", table)) == (1, 0, 0, 0)

    assert counts(taken("GROUPS", table)) == (0, 0, 1, 0)


def test_the_preview_shows_old_and_new_and_changes_nothing(platform, plan_of):
    GroupFactory(platform=platform, external_id="g-1", name="Old", size=5)

    plan = plan_of("GROUPS", "group;name;members\ng-1;New;9\ng-2;;\n")

    (changed,), (new,) = plan.of(Kind.CHANGED), plan.of(Kind.NEW)
    assert changed.changes == (("name", "Old", "New"), ("members", "5", "9"))
    assert new.changes == (("group", "", "g-2"),)
    assert plan.consequences[0].startswith("1 new group has no owner until you bring roles.")
    assert list(Group.objects.values_list("external_id", "name", "size")) == [("g-1", "Old", 5)]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert not actions & {"groups.ensure", "groups.describe", "registry.take"}


def test_a_change_is_in_the_audit_log_with_who_and_what_was(platform, taken, by):
    group = GroupFactory(platform=platform, external_id="g-1", name="Old", size=5)

    taken("GROUPS", "group,name\ng-1,New\n")

    entry = AuditEntry.objects.get(action="groups.describe")
    assert (entry.record_id, entry.actor_id) == (str(group.pk), by.id)
    assert (entry.old, entry.new) == ({"name": "Old", "size": 5}, {"name": "New", "size": 5})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",Name,1,en", "“group” is empty."),
        ("g,Na\x07me,1,en", "“name” has a line break or another character that cannot be shown."),
        (f"g,{'n' * 201},1,en", "“name” is longer than 200 characters; it has 201."),
        ("g,Name,many,en", "“members” is no whole number of members, such as 1200."),
        ("g,Name,-1,en", "“members” is no whole number of members, such as 1200."),
        ("g,Name,2147483648,en", "“members” is no whole number of members, such as 1200."),
        ("g,Name,1,German", "“language” is no language code, such as en or pt-br (BCP 47)."),
        ("g,Name,1", "It has 3 cells, and the head has 4. Put cells with a separator in double"),
        ("ok,Twice,1,en", "Row 2 is about the same. Keep one of them."),
    ],
)
def test_a_bad_row_is_named_and_the_good_one_lands(platform, taken, row, problem):
    upload = taken("GROUPS", f"group,name,members,language\nok,Fine,1,en\n{row}\n")

    assert counts(upload) == (1, 0, 0, 1)
    assert Group.objects.get().name == "Fine"
    (refused,) = csv.DictReader(io.StringIO(upload.body))
    assert refused["row"] == "3"
    assert problem in refused["problem"]


def test_the_file_of_refused_rows_can_be_corrected_and_brought_again(taken):
    refused = taken("GROUPS", "group,name\ng-1,Good\ng-2,\x07\n").body

    corrected = taken("GROUPS", refused.replace("\x07", "Better"))

    assert counts(corrected) == (1, 0, 0, 0)
    assert Group.objects.get(external_id="g-2").name == "Better"


def test_accounts_are_named_and_their_names_are_in_no_audit_entry(platform, taken):
    AccountFactory(platform=platform, external_id="u-1", display_name="Ada")

    upload = taken("ACCOUNTS", "account,name\nu-1,Ada Moreau\nu-2,Ben\n")

    assert counts(upload) == (1, 1, 0, 0)
    assert dict(
        Account.objects.filter(platform=platform).values_list("external_id", "display_name")
    ) == {
        "u-1": "Ada Moreau",
        "u-2": "Ben",
    }
    assert AuditEntry.objects.filter(action="accounts.name").count() == 2
    told = json.dumps(list(AuditEntry.objects.values_list("old", "new")))
    assert "Moreau" not in told
    assert "Ben" not in told


def test_whoever_was_erased_gets_no_name_again(platform, taken):
    account = AccountFactory(platform=platform, external_id="u-1", display_name="", erased_at=AT)

    upload = taken("ACCOUNTS", "account,name\nu-1,Ada\n")

    assert counts(upload) == (0, 0, 0, 1)
    assert "asked to be erased" in upload.body
    account.refresh_from_db()
    assert account.display_name == ""


def test_an_erasure_after_the_preview_is_not_undone(platform, bring, by):
    account = AccountFactory(platform=platform, external_id="u-1", display_name="")
    upload = bring("ACCOUNTS", "account,name\nu-1,Ada\n")
    seen = registry.foresee(upload=upload, by=by, at=AT).mark
    with fixture_rows():
        Account.objects.filter(pk=account.pk).update(erased_at=AT)

    with pytest.raises(registry.OtherPlan), transaction.atomic():
        registry.take(upload=upload, seen=seen, by=by, at=AT)

    account.refresh_from_db()
    assert account.display_name == ""
