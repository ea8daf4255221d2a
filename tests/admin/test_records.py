"""Lists and pages of records: by role, by platform, at the same cost for many rows as for one."""

import re
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from tests.admin.entering import enter, main_part
from tests.admin.records import make_records
from tests.factories.core import PlatformFactory
from tests.factories.groups import FlagFactory, GroupFactory
from tests.factories.identity import AccountFactory, VerificationFactory, staff_user
from tests.groups.scene import add_role, another_case

A_BARE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")

EVERYBODY = set(Role)
IDENTITY = {Role.IDENTITY_OFFICER}
HOLDS = {Role.SENIOR, Role.ADMINISTRATOR, Role.AUDITOR}
AUDIT = REPORTS = {Role.AUDITOR, Role.ADMINISTRATOR}
ADMINISTER = {Role.ADMINISTRATOR}
# Who sees which list; what is not in this table fails the test below it.
MATRIX = {
    "core.Platform": EVERYBODY,
    "core.AuditEntry": AUDIT,
    "core.Hold": HOLDS,
    "core.PurgeRun": AUDIT,
    "core.PurgeCertificate": AUDIT,
    "core.WindowChange": AUDIT,
    "core.WebhookEndpoint": ADMINISTER,
    "core.WebhookDelivery": ADMINISTER,
    "core.OutboxEvent": ADMINISTER,
    "identity.Account": EVERYBODY,
    "identity.ApiClient": ADMINISTER,
    "identity.IdentityAccess": AUDIT,
    "identity.StaffAssignment": AUDIT,
    "identity.User": AUDIT,
    "identity.Verification": EVERYBODY,
    "identity.VerificationProvider": IDENTITY | ADMINISTER,
    "identity.VerificationRequest": IDENTITY,
    "credit.Adjustment": EVERYBODY,
    "credit.LedgerEntry": EVERYBODY,
    "credit.Policy": EVERYBODY,
    "credit.Sanction": EVERYBODY,
    "credit.Simulation": EVERYBODY,
    "credit.Standing": EVERYBODY,
    "groups.Acknowledgement": EVERYBODY,
    "groups.Appeal": EVERYBODY,
    "groups.Case": EVERYBODY,
    "groups.Claim": EVERYBODY,
    "groups.Decision": EVERYBODY,
    "groups.Duties": EVERYBODY,
    "groups.Flag": EVERYBODY,
    "groups.Group": EVERYBODY,
    "groups.HeldLogEntry": EVERYBODY,
    "groups.ImportRun": EVERYBODY,
    "groups.Notice": EVERYBODY,
    "groups.NoticeTemplate": EVERYBODY,
    "groups.RoleEvent": EVERYBODY,
    "groups.Rule": EVERYBODY,
    "groups.Tenure": EVERYBODY,
    "groups.Transfer": EVERYBODY,
    "reports.AuthorityRequest": REPORTS,
    "reports.DsaStatement": REPORTS,
    "reports.ReportRun": REPORTS,
    "reports.ReportSchedule": REPORTS,
}
PAGES = {model._meta.label: model for model in admin.site._registry}
# On one platform there is one of it, or the purge alone writes it.
HAS_ONE = {
    "core.Platform",
    "core.PurgeCertificate",
    "core.WindowChange",
    "credit.Policy",
    "reports.ReportSchedule",
}
# Of no platform: whoever may see one sees all.
OVER_ALL = {"core.PurgeRun", "core.PurgeCertificate", "core.WindowChange"}


def test_every_list_is_in_the_matrix():
    assert set(PAGES) == set(MATRIX)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_lists_and_no_other(platform, role):
    make_records(platform)
    client = enter(staff_user(platform, role))

    seen = {
        label for label, model in PAGES.items() if client.get(list_of(model)).status_code == 200
    }

    assert seen == {label for label, roles in MATRIX.items() if role in roles}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_the_pages_of_its_records_and_no_other(platform, role):
    make_records(platform)
    client = enter(staff_user(platform, role))
    of_platform = {
        "core.AuditEntry": {"platform_id": platform.pk},
        "identity.User": {"assignments__platform": platform},
    }
    rows = {
        label: model._default_manager.filter(**of_platform.get(label, {})).order_by("pk").first()
        for label, model in PAGES.items()
        if model._default_manager.exists()
    }

    seen = {label for label, row in rows.items() if client.get(page_of(row)).status_code == 200}

    assert seen == {label for label, roles in MATRIX.items() if role in roles and label in rows}


def test_no_record_is_titled_with_a_bare_id(platform):
    make_records(platform)
    client = enter(staff_user(platform, *Role))

    rows = {label: model._default_manager.order_by("pk").last() for label, model in PAGES.items()}
    opened = {label: client.get(page_of(row)) for label, row in rows.items() if row}
    # The last user may be nobody's staff here.
    shown = {label: page for label, page in opened.items() if page.status_code == 200}
    titles = {label: page.context["subtitle"] for label, page in shown.items()}

    assert len(titles) > 30
    assert {name: title for name, title in titles.items() if A_BARE_ID.search(title)} == {}


def test_a_refused_page_says_why_inside_the_admin(platform):
    client = enter(staff_user(platform, Role.IDENTITY_OFFICER))

    refused = client.get(list_of(PAGES["core.AuditEntry"]))
    missing = client.get(reverse("admin:work_case", args=[uuid4()]))

    for page, status in ((refused, 403), (missing, 404)):
        assert page.status_code == status
        assert f'href="{reverse("admin:index")}">To the overview</a>' in page.content.decode()


@pytest.fixture
def everything(platform):
    """All roles on `platform`, where nothing is, and records of another platform."""
    make_records(PlatformFactory())
    return enter(staff_user(platform, *Role))


def test_a_record_of_another_platform_answers_like_a_missing_one(everything, platform):
    own = {
        "core.AuditEntry": {"platform_id": platform.pk},
        "identity.User": {"assignments__platform": platform},
        "identity.StaffAssignment": {"platform": platform},
    }
    for label in sorted(set(MATRIX) - OVER_ALL):
        model = PAGES[label]
        others = model._default_manager.exclude(**own.get(label, {"pk": platform.pk}))
        foreign = others.order_by("pk").first()
        assert foreign is not None, label
        missing = str(uuid4())

        answer = everything.get(page_of(foreign))
        nothing = everything.get(page_of(foreign).replace(str(foreign.pk), missing))

        assert answer.status_code == nothing.status_code == 404, label
        # The address itself is repeated in the page.
        assert main_part(answer, foreign.pk) == main_part(nothing, foreign.pk, missing), label


def test_lists_show_the_readers_platforms_only(everything, platform):
    own = {
        "core.Platform": {platform.pk},
        "identity.User": _pks("identity.User", assignments__platform=platform),
        "identity.StaffAssignment": _pks("identity.StaffAssignment", platform=platform),
        "core.AuditEntry": _pks("core.AuditEntry", platform_id=platform.pk),
    }

    shown = {
        label: {row.pk for row in everything.get(list_of(PAGES[label])).context["cl"].result_list}
        for label in set(MATRIX) - OVER_ALL
    }

    assert {label: pks for label, pks in shown.items() if pks} == own


def _pks(label, **lookup):
    return set(PAGES[label]._default_manager.filter(**lookup).values_list("pk", flat=True))


def test_posting_to_a_record_changes_nothing(platform):
    make_records(platform)
    client = enter(staff_user(platform, *Role))
    rows = {label: model._default_manager.order_by("pk").first() for label, model in PAGES.items()}

    answers = {
        label: client.post(page_of(row), {"name": "changed", "state": "CLOSED"}).status_code
        for label, row in rows.items()
        if row is not None
    }

    assert len(answers) == len(PAGES) - 1  # a certificate is written by a purge only
    assert set(answers.values()) == {403}
    for row in filter(None, rows.values()):
        assert type(row)._default_manager.filter(pk=row.pk).values().get() == _stored(row)


def _stored(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_lists_cost_the_same_with_one_row_and_with_ten(platform):
    make_records(platform)
    client = enter(staff_user(platform, *Role))
    client.get(list_of(PAGES["groups.Group"]))  # what is cached for 30 seconds

    few = {label: _queries(client, list_of(model)) for label, model in PAGES.items()}
    for number in range(9):
        make_records(platform, number=number + 2)
    many = {label: _queries(client, list_of(model)) for label, model in PAGES.items()}

    counts = {label: model._default_manager.count() for label, model in PAGES.items()}
    assert {label for label, count in counts.items() if count < 10} == HAS_ONE
    assert few == many


def test_pages_cost_the_same_with_little_on_them_and_with_much(scene):
    client = enter(scene.staff())
    pages = [page_of(scene.group), page_of(scene.owner), page_of(scene.case)]
    pages.append(reverse("admin:work_case", args=[scene.case.pk]))
    for _ in range(2):
        another_case(scene)
        add_role(scene)
        FlagFactory(case=scene.case)
    for address in pages:  # counts and content types are remembered from then on
        client.get(address)
    few = [_queries(client, address) for address in pages]

    for _ in range(6):
        another_case(scene)
        add_role(scene)
        FlagFactory(case=scene.case)

    assert [_queries(client, address) for address in pages] == few


def _queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_reference_finds_its_record(scene):
    client = enter(scene.staff())

    response = client.get(f"{list_of(PAGES['groups.Case'])}?q={scene.case.reference.lower()}")

    assert [row.pk for row in response.context["cl"].result_list] == [scene.case.pk]


def test_the_platforms_own_id_finds_a_group(platform):
    GroupFactory(platform=platform, external_id="g-other")
    wanted = GroupFactory(platform=platform, external_id="g-wanted")

    response = enter(staff_user(platform)).get(f"{list_of(PAGES['groups.Group'])}?q=g-wanted")

    assert [row.pk for row in response.context["cl"].result_list] == [wanted.pk]


@pytest.mark.parametrize("term", ["\0", "C-99999999999999999999999", "'", "%", "🦉" * 200])
def test_a_strange_search_finds_nothing_and_breaks_nothing(platform, term):
    client = enter(staff_user(platform))

    response = client.get(list_of(PAGES["groups.Case"]), {"q": term})

    assert response.status_code == 200


def test_identity_details_can_neither_be_read_nor_asked_for(platform):
    VerificationFactory(
        account=AccountFactory(platform=platform), method="Notary", reference="ref-771"
    )
    client = enter(staff_user(platform, *Role))
    model = PAGES["identity.Verification"]
    row = model._default_manager.get()

    page = client.get(page_of(row)).content.decode()
    guess = client.get(f"{list_of(model)}?reference__startswith=ref")

    assert "Substantial" in page
    assert "ref-771" not in page
    assert "Notary" not in page
    assert row.provider.name not in page
    assert guess.status_code == 400


def test_names_are_text_wherever_they_are_shown(platform):
    evil = "<script>alert(1)</script>"
    group = GroupFactory(platform=platform, name=evil)
    AccountFactory(platform=platform, display_name=evil)
    client = enter(staff_user(platform))

    for address in (
        list_of(PAGES["groups.Group"]),
        page_of(group),
        list_of(PAGES["identity.Account"]),
        f"{list_of(PAGES['groups.Group'])}?q={evil}",
    ):
        assert evil not in client.get(address).content.decode()


def test_the_ledger_is_paged_without_counting(platform):
    make_records(platform)
    client = enter(staff_user(platform))

    with CaptureQueriesContext(connection) as captured:
        client.get(list_of(PAGES["credit.LedgerEntry"]))

    asked = [query["sql"] for query in captured if "credit_ledgerentry" in query["sql"]]
    assert len(asked) == 1
    assert "COUNT(" not in asked[0]
    assert "OFFSET" not in asked[0]


def test_a_page_of_the_ledger_goes_on_where_the_last_one_ended(platform, monkeypatch):
    make_records(platform)
    make_records(platform, number=2)
    model = PAGES["credit.LedgerEntry"]
    monkeypatch.setattr(admin.site._registry[model], "list_per_page", 1)
    client = enter(staff_user(platform))
    everything = list(model.objects.order_by("-id").values_list("pk", flat=True))
    assert len(everything) == 2

    first = client.get(list_of(model))
    second = client.get(list_of(model) + first.context["cl"].paginator.next_url)
    back = client.get(list_of(model) + second.context["cl"].paginator.previous_url)

    pages = [[row.pk for row in page.context["cl"].result_list] for page in (first, second, back)]
    assert pages == [[everything[0]], [everything[1]], [everything[0]]]
    assert client.get(f"{list_of(model)}?cursor=made-up").status_code == 302
