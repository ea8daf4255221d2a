"""The page "Fairness" and its files: what they show, whom they never name, and what is recorded."""

import csv
import io
import json
import re
from html import unescape

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from identity.actions import staff
from identity.models import Account, User
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from reports import fairness_files, pseudonyms
from reports.admin import fairness as page_module
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory
from tests.factories.identity import UserFactory, staff_user
from tests.reports.deciding import DAY, Decided, Desk

pytestmark = pytest.mark.django_db

URL = "admin:fairness"
PERIOD = {"first": "2026-11-01", "last": "2026-11-30"}


@pytest.fixture(autouse=True)
def noon():
    """The page reads the clock; here it stands at AT."""
    cache.clear()
    with time_machine.travel(AT, tick=False):
        yield
    cache.clear()


@pytest.fixture
def platform():
    return PlatformFactory(name="Relay", slug="relay")


@pytest.fixture
def reader(platform):
    return enter(staff_user(platform, "AUDITOR"))


@pytest.fixture
def decided(platform):
    """Two rules, of which one takes far more measures; three reviewers; a few small groups."""
    desk = Desk(platform)
    scams = RuleFactory(platform=platform, code="=1+1", title="Scams & <b>fraud</b>")
    spam = RuleFactory(platform=platform, code="R-2", title="Spam")
    small = GroupFactory(platform=platform, size=20, language="de")
    large = GroupFactory(platform=platform, size=7000, language="")
    unknown = GroupFactory(platform=platform, size=None, language="pt-br")
    one, two, three = UserFactory.create_batch(3, is_staff=True)
    warned = {"outcome": "MEASURES", "measures": ("WARN",)}
    return desk.take(
        [
            *Decided(scams, small, one, **warned) * 24,
            # Replaced after the period.
            *Decided(scams, large, two, at=AT + 27 * DAY, appeal="REVERSED", **warned) * 6,
            *Decided(spam, large, two) * 30,
            *Decided(spam, unknown, three, outcome="OWNER_HANDLED", appeal="UPHELD") * 4,
            *Decided(spam, unknown, three, at=AT - 40 * DAY) * 3,
            *Decided(spam, unknown, three, state="held") * 2,
        ]
    )


def show(client, **asked):
    return client.get(reverse(URL), PERIOD | asked)


def take(client, form, **asked):
    return client.get(reverse("admin:fairness_file", args=[form]), PERIOD | asked)


def tables(page):
    """The cells of each table on the page, by its title, as text."""
    return {
        panel.title: [[_text(cell) for cell in row] for row in panel.rows]
        for panel in page.context["panels"]
    }


def _text(cell):
    text = unescape(re.sub(r"<[^>]+>", "", str(cell)))
    return text.replace("\N{NO-BREAK SPACE}", " ").strip()


def test_it_shows_each_row_with_its_rates_and_marks_what_differs(reader, decided):
    page = show(reader)

    scams, spam = tables(page)["By rule"]
    assert scams[:7] == ["=1+1 Scams & <b>fraud</b>", "30", "30", "30", "0", "6", "6"]
    assert spam[:7] == ["R-2 Spam", "34", "4", "0", "0", "4", "0"]
    assert scams[7] == "100 % (89 to 100 %) Differs from the rest"
    assert spam[7] == "0 % (0 to 10 %) Differs from the rest"
    # 9.5 to 37.3 % and 0 to 10.2 % overlap.
    assert (scams[8], spam[8]) == ("20 % (10 to 37 %)", "0 % (0 to 10 %)")
    assert tables(page)["By size of the group"][0] == [
        *["Size not known", "4", "4", "0", "0", "4", "0"],
        *["Too few: below 20", "Too few: below 20"],
    ]
    assert [card.number for card in page.context["cards"]] == ["64", "34", "30", "6"]
    text = page.content.decode()
    assert "shows where to look, not that anybody did wrong" in text
    assert "<b>fraud</b>" not in text


def test_each_row_leads_to_the_decisions_that_it_counts(reader, decided):
    page = show(reader)

    followed = 0
    for panel in page.context["panels"]:
        for row in panel.rows:
            link = re.search(r'href="([^"]+)"', str(row[0]))
            if panel.title == "By reviewer":
                # The list names who decided.
                assert link is None
                continue
            listed = reader.get(unescape(link[1])).context["cl"]
            assert f"{listed.result_count:,}" == row[1], row[0]
            followed += 1
    assert followed == 2 + 3 + 3


def test_a_reader_who_may_not_open_the_list_is_not_led_there(reader, decided, monkeypatch):
    monkeypatch.setattr(page_module.pages, "may", lambda *_: False)

    assert reverse("admin:groups_decision_changelist") + "?" not in show(reader).content.decode()


def test_the_picture_shows_every_row_that_has_a_rate(reader, decided):
    drawn = {panel.title: str(panel.picture) for panel in show(reader).context["panels"]}

    for picture in drawn.values():
        assert 'aria-hidden="true"' in picture
    assert drawn["By rule"].count("<svg") == 4
    assert "Portuguese" not in drawn["By language of the group"]
    assert '<rect class="ac-bar-apart" x="0" y="6" width="1000" height="12"/>' in drawn["By rule"]
    # 20 % on a scale to 50 %, from 9.5 % to 37.3 %; behind it, the rest from 0 to 10.2 %.
    assert '<rect class="ac-bar" x="0" y="6" width="400" height="12"/>' in drawn["By rule"]
    assert '<rect class="ac-whisker" x="190" y="10" width="556" height="4"/>' in drawn["By rule"]
    assert '<rect class="ac-rest" x="0" y="0" width="203" height="24"/>' in drawn["By rule"]


def test_nothing_in_the_period_is_said_so(reader):
    page = show(reader)

    assert page.status_code == 200
    assert page.content.decode().count("Choose a longer one.") == 4


# Whom it never names


@pytest.fixture
def named(decided):
    """Names and addresses that no other text holds."""
    with fixture_rows():
        for number, user in enumerate(User.objects.order_by("pk")):
            user.name, user.email = f"Zora{number}Quist", f"zora{number}quist@relay.example"
            user.save()
        for number, account in enumerate(Account.objects.order_by("pk")):
            account.display_name = f"Vex{number}Member"
            account.save()


def test_no_page_and_no_file_says_who_decided(platform, decided, named):
    user = staff_user(platform, "ADMINISTRATOR", name="The Reader", email="reader@relay.example")
    client = enter(user)
    said = [
        response.content.decode().lower()
        for response in (show(client), take(client, "csv"), take(client, "json"))
    ]

    people = list(User.objects.exclude(pk=user.pk))
    assert len(people) == 6
    secrets = {form for person in people for form in (person.name, person.email, str(person.pk))}
    secrets |= {str(person.pk.hex) for person in people}
    secrets |= set(Account.objects.values_list("display_name", flat=True))
    secrets |= set(Account.objects.values_list("external_id", flat=True))
    assert [secret for secret in secrets for text in said if secret.lower() in text] == []
    assert [text for text in said[1:] if "reader" in text] == []
    # Those who decided, and not who reviewed the appeals.
    for text in said:
        assert len(set(re.findall(r"reviewer [0-9a-f]{4}-[0-9a-f]{4}", text))) == 3


def test_a_made_up_name_stays_and_is_another_on_another_platform(platform, settings):
    user, other = UserFactory(), UserFactory()

    first = pseudonyms.of_reviewer(platform=platform, user_id=user.pk)

    assert re.fullmatch(r"Reviewer [0-9A-F]{4}-[0-9A-F]{4}", first)
    assert pseudonyms.of_reviewer(platform=platform, user_id=user.pk) == first
    assert pseudonyms.of_reviewer(platform=platform, user_id=other.pk) != first
    assert pseudonyms.of_reviewer(platform=PlatformFactory(), user_id=user.pk) != first
    settings.SECRET_KEY = "another key of an installation"
    assert pseudonyms.of_reviewer(platform=platform, user_id=user.pk) != first


def test_reviewers_whose_made_up_names_are_the_same_are_counted_apart(reader, decided, monkeypatch):
    monkeypatch.setattr(pseudonyms, "of_reviewer", lambda **_: "Reviewer 0000-0000")

    assert sorted(row[1] for row in tables(show(reader))["By reviewer"]) == ["24", "36", "4"]


# The files


def test_the_files_hold_what_the_page_shows(reader, decided):
    page = tables(show(reader))
    document = json.loads(take(reader, "json").content)
    sheet = list(csv.DictReader(io.StringIO(take(reader, "csv").content.decode())))

    assert document["format"] == "accord.fairness-report.v1"
    assert document["period"] == ["2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00"]
    assert document["totals"]["decisions"] == 64
    assert len(document["rows"]) == len(sheet) == sum(map(len, page.values()))
    shown = [row for rows in page.values() for row in rows]
    for on_page, in_json, in_csv in zip(shown, document["rows"], sheet, strict=True):
        assert on_page[0] == in_json["name"]
        assert on_page[1:7] == [str(in_json[name]) for name in fairness_files.NAMES]
        for name, value in in_json.items():
            assert in_csv[name].lstrip("'") == ("" if value is None else str(value))
        assert ("Differs" in on_page[7]) is bool(in_json["measures_per_decision_differ"])
        assert ("Differs" in on_page[8]) is bool(in_json["reversals_per_decision_differ"])


def test_a_cell_that_a_spreadsheet_would_run_is_text(reader, decided):
    body = take(reader, "csv").content.decode()
    cells = [cell for row in csv.reader(io.StringIO(body)) for cell in row]

    assert "'=1+1" in cells
    assert "'=1+1 Scams & <b>fraud</b>" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_a_row_says_in_the_file_why_it_has_no_rate(reader, decided):
    rows = json.loads(take(reader, "json").content)["rows"]

    small = {row["name"]: row for row in rows}["Size not known"]
    assert small["no_rates_because"] == "fewer than 20 decisions"
    assert small["measures_per_decision"] is small["measures_per_decision_differ"] is None
    assert {row["no_rates_because"] for row in rows if row["decisions"] >= 20} == {None}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_who_took_it_out_is_recorded_on_the_platform(platform, reader, decided, form):
    before = AuditEntry.objects.count()
    show(reader)
    assert AuditEntry.objects.count() == before

    sent = take(reader, form)

    entry = AuditEntry.objects.get(action="fairness.export")
    assert AuditEntry.objects.count() == before + 1
    assert entry.platform_id == platform.pk
    assert entry.new == {
        "format": form,
        "period_from": "2026-11-01T00:00:00+00:00",
        "period_to": "2026-12-01T00:00:00+00:00",
    }
    assert sent["Content-Disposition"] == f'attachment; filename="fairness-relay-2026-11-01.{form}"'


def test_nothing_leaves_when_it_cannot_be_recorded(reader, decided, monkeypatch):
    def refuse(**_):
        raise RuntimeError("The audit log is full.")

    monkeypatch.setattr("portal.core.audit.record", refuse)
    with pytest.raises(RuntimeError):
        take(reader, "csv")


@pytest.mark.parametrize(
    ("form", "asked", "status"), [("pdf", {}, 404), ("csv", {"last": "2026-10-01"}, 422)]
)
def test_what_is_not_sent_is_not_recorded(reader, decided, form, asked, status):
    before = AuditEntry.objects.count()

    assert take(reader, form, **asked).status_code == status
    assert AuditEntry.objects.count() == before


# What may be asked


def test_it_begins_with_the_last_twelve_months(reader, decided):
    page = reader.get(reverse(URL))

    assert page.context["period"] == "3 November 2025 to 2 November 2026"
    # Of those in November, six are yet to come.
    assert page.context["cards"][0].number == "61"
    for _, url in page.context["files"]:
        assert url.endswith("?platform=relay&first=2025-11-03&last=2026-11-02")
        assert reader.get(url).status_code == 200


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "2026-12-01"}, "Choose a last day that is not before the first."),
        ({"first": "2014-12-31"}, "Choose a first day in 2015 or later."),
        ({"last": "30.11.2026"}, "Give a day as YYYY-MM-DD."),
        ({"first": "\0"}, "Give a day as YYYY-MM-DD."),
        ({"platform": "elsewhere"}, "There is no such platform, or it is not yours to see."),
        ({"platform": "nowhere"}, "There is no such platform, or it is not yours to see."),
        ({"platform": "\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_shown_is_said_beside_its_field(reader, decided, asked, said):
    PlatformFactory(slug="elsewhere")

    page = show(reader, **asked)

    assert page.status_code == 422
    assert said in page.content.decode()
    assert "panels" not in page.context


def test_the_last_day_of_the_calendar_is_one(reader, decided):
    assert show(reader, last="9999-12-31").context["cards"][0].number == "64"


def test_a_reader_of_two_platforms_sees_one_at_a_time(platform, decided):
    user = staff_user(platform, "AUDITOR")
    other = PlatformFactory(name="Aether", slug="aether")
    staff.assign(user=user, platform=other, role="AUDITOR", by=Actor.system("tests"), at=AT)
    client = enter(user)

    first, chosen = show(client), show(client, platform="relay")

    assert first.context["platform"] == other
    assert first.context["cards"][0].number == "0"
    assert chosen.context["platform"] == platform
    assert chosen.context["cards"][0].number == "64"


def test_a_period_that_reaches_back_before_deleted_cases_says_so(reader):
    page = show(reader, first="2020-01-01")

    assert "Cases that closed before 2 November 2024 have been deleted" in page.content.decode()
    assert "have been deleted" not in show(reader).content.decode()


def test_it_costs_the_same_with_few_decisions_and_with_many(platform, reader):
    desk, rule = Desk(platform), RuleFactory(platform=platform)
    group, user = GroupFactory(platform=platform), UserFactory()

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert show(reader).status_code == 200
        return len(captured)

    desk.take(Decided(rule, group, user) * 1)
    statements()  # what is cached for 30 seconds
    few = statements()
    many = [
        Decided(RuleFactory(platform=platform), GroupFactory(platform=platform), UserFactory())
        for _ in range(5)
    ]
    desk.take(many * 30)

    assert statements() == few
