"""The command `import_events`: files of every kind, bad lines, stops and repeats."""

import gzip
import json
import signal
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from groups.actions import imports
from groups.models import Group, ImportRun, LogEntry, Tenure
from identity.models import Account
from portal.core.models import AuditEntry, Platform
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import cloud_event

CHATS = Path(__file__).resolve().parents[3] / "shared" / "data" / "irc-duraspace.jsonl.gz"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def platform():
    return PlatformFactory(slug="relay")


@pytest.fixture
def run(platform, capsys):
    """Import a file; return what was printed, runs of spaces made one."""

    def import_events(file, **options):
        call_command("import_events", file, **{"platform": platform.slug} | options)
        return " ".join(capsys.readouterr().out.split())

    return import_events


def row(kind="role.granted", *, days=-1, **fields):
    values = {
        "kind": kind,
        "time": (AT + timedelta(days=days)).isoformat(),
        "actor": "p-admin",
        "subject": "p-1",
        "group": "g-1",
        "reason": None,
    }
    return values | ({"role": "owner"} if kind.startswith("role.") else {}) | fields


def write(path, rows):
    lines = [found if isinstance(found, str) else json.dumps(found) for found in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def rejects(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def digests():
    """A digest of every table, partitions of the log included."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    found = {}
    with connection.cursor() as cursor:
        for table in {*tables, "groups_logentry"}:
            rows = f'SELECT t::text AS row FROM "{table}" t'
            cursor.execute(f"SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM ({rows}) rows")
            found[table] = cursor.fetchone()[0]
    return found


def test_plain_rows_become_groups_accounts_tenures_and_log(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row("group.created", subject=None), row()])

    printed = run(file)

    assert Group.objects.get().state == "ACTIVE"
    assert Tenure.objects.get().role == "OWNER"
    assert LogEntry.objects.count() == 2
    assert "Accepted 2, of which 2 are young enough to log Known before 0 Refused 0" in printed
    assert "Groups 1 new Accounts 2 new Tenures 1 new" in printed


@pytest.mark.parametrize("shape", ["lines", "array", "pretty", "gzip", "bom", "crlf"])
def test_cloudevents_are_read_in_every_shape(run, tmp_path, shape):
    found = [cloud_event(days=-2), cloud_event("group.updated", data={"role": None})]
    lines = "\n".join(map(json.dumps, found)).encode()
    contents = {
        "lines": lines,
        "array": json.dumps(found).encode(),
        "pretty": b"\n  " + json.dumps(found, indent=2).encode(),
        "gzip": gzip.compress(lines),
        "bom": b"\xef\xbb\xbf" + lines,
        "crlf": lines.replace(b"\n", b"\r\n\r\n"),
    }
    file = tmp_path / "events"
    file.write_bytes(contents[shape])

    run(file)

    assert LogEntry.objects.filter(source="relay/eu-1").count() == 2
    assert Tenure.objects.count() == 1


def test_words_of_other_services_become_accords_own(run, tmp_path):
    file = write(
        tmp_path / "rows.jsonl",
        [
            row(role="operator"),
            row("identity.renamed", actor="p-old", subject="p-new"),
            row("group.changed", subject=None, field="topic"),
        ],
    )

    run(file)

    assert Tenure.objects.get().role == "MANAGER"
    assert sorted(LogEntry.objects.values_list("kind", "attributes")) == [
        ("account.renamed", None),
        ("group.updated", {"field": "topic"}),
        ("role.granted", None),
    ]
    assert not Account.objects.exclude(display_name="").exists()


def test_times_without_a_zone_are_utc(run, tmp_path):
    run(write(tmp_path / "rows.jsonl", [row(time="2026-11-01T10:30:00")]))

    assert Tenure.objects.get().since.isoformat() == "2026-11-01T10:30:00+00:00"


def test_equal_lines_are_events_of_their_own(run, tmp_path):
    run(write(tmp_path / "rows.jsonl", [row("group.changed")] * 3))

    ids = sorted(LogEntry.objects.values_list("event_id", flat=True))
    assert len(ids) == 3
    assert [found.rpartition("#")[2] for found in ids] == ["1", "2", "3"]


def test_events_of_one_instant_count_in_the_order_of_the_file(run, tmp_path, monkeypatch):
    monkeypatch.setattr("groups.management.commands.import_events.BATCH", 1)

    run(write(tmp_path / "rows.jsonl", [row(subject="p-2"), row(subject="p-1")]))

    owner = Tenure.objects.get(role="OWNER")
    assert owner.account.external_id == "p-2"


def test_importing_again_changes_nothing_and_says_so(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row(), row(days=-2, kind="group.created", subject=None)])
    run(file)
    before = digests()

    printed = run(file)

    assert "was imported on 2026-11-02 12:00 UTC: 2 lines. Nothing was added." in printed
    assert digests() == before


def test_a_longer_file_adds_only_what_is_new(run, tmp_path):
    first = [row(), row("group.changed", days=-2)]
    run(write(tmp_path / "one.jsonl", first))

    printed = run(write(tmp_path / "two.jsonl", [*first, row("group.changed")]))

    assert "Known before 2" in printed
    assert LogEntry.objects.count() == 3


def test_bad_lines_are_named_and_the_others_land(run, tmp_path):
    """One line in a hundred is broken, each in its own way."""
    broken = {
        100: ("{not json", "BAD_JSON"),
        200: (row("message.sent"), "UNKNOWN_KIND"),
        300: (row(group=None), "MISSING_GROUP"),
        400: (row(days=2), "IN_THE_FUTURE"),
        500: (row(days=-400), "TOO_OLD"),
        600: (json.dumps(row(reason="x" * 1_000_000)), "LINE_TOO_LARGE"),
        700: (row(role="moderator"), "UNKNOWN_ROLE"),
        800: (json.dumps(row(reason="x")).replace('"x"', r'"\ud800"'), "BAD_TEXT"),
        900: (json.dumps(row()) + "}", "BAD_JSON"),
        1000: (json.dumps(row()).replace("{", '{"kind": "group.updated", ', 1), "BAD_JSON"),
    }
    good = [row("group.changed", days=-1 - n / 1000) for n in range(1000)]
    lines = [broken[n][0] if n in broken else good[n - 1] for n in range(1, 1001)]
    file = write(tmp_path / "rows.jsonl", lines)

    printed = run(file, rejects=tmp_path / "named.jsonl")

    assert LogEntry.objects.count() == 990
    named = rejects(tmp_path / "named.jsonl")
    assert [(found["line"], found["code"]) for found in named] == [
        (line, code) for line, (_, code) in broken.items()
    ]
    assert all(found["detail"].endswith(".") and len(found["text"]) <= 200 for found in named)
    assert "Refused 10, named in" in printed
    assert "BAD_JSON 3" in printed


def test_the_rejects_file_is_named_after_the_file(run, tmp_path):
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(gzip.compress(b"{oops\n"))

    run(file)

    assert rejects(tmp_path / "rows.jsonl.rejects.jsonl")[0] == {
        "line": 1,
        "code": "BAD_JSON",
        "detail": rejects(tmp_path / "rows.jsonl.rejects.jsonl")[0]["detail"],
        "text": "{oops",
        "import": str(ImportRun.objects.get().pk),
    }


def test_a_file_where_the_rejects_would_go_stays_as_it_is(run, tmp_path):
    """Rejects of an earlier import, and something else under the next name."""
    first, other = tmp_path / "rows.jsonl.gz", tmp_path / "rows.jsonl.rejects.2.jsonl"
    first.write_bytes(gzip.compress(b"{oops\n"))
    run(first)
    earlier = (tmp_path / "rows.jsonl.rejects.jsonl").read_bytes()
    other.write_bytes(b"a letter\n")

    first.write_bytes(gzip.compress(b"{not again\n"))
    printed = run(first)

    assert (tmp_path / "rows.jsonl.rejects.jsonl").read_bytes() == earlier
    assert other.read_bytes() == b"a letter\n"
    assert rejects(tmp_path / "rows.jsonl.rejects.3.jsonl")[0]["text"] == "{not again"
    assert "rows.jsonl.rejects.jsonl is not of this import and stays as it is" in printed


def test_history_takes_what_is_older_than_the_log(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row(days=-2000)])

    run(file, history=True)

    assert Tenure.objects.get().is_history
    assert LogEntry.objects.count() == 0


def test_rebase_makes_the_last_event_now_and_says_by_how_much(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row(days=-2003), row("group.changed", days=-2000)])

    printed = run(file, rebase=True)

    assert "Every time is shifted by 2,000 days and 0:00:00" in printed
    assert Tenure.objects.get().since == AT - timedelta(days=3)
    assert ImportRun.objects.get().rebased_by == timedelta(days=2000)


def test_other_options_for_the_same_file_are_refused(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row()])
    run(file)

    with pytest.raises(CommandError, match="without --history and without --rebase"):
        run(file, history=True)


@pytest.fixture
def stopped(run, tmp_path, monkeypatch):
    """A file of ten lines of which four were imported when somebody pressed Ctrl-C."""
    monkeypatch.setattr("groups.management.commands.import_events.BATCH", 4)
    take = imports.take

    def take_and_interrupt(**arguments):
        receipt = take(**arguments)
        signal.raise_signal(signal.SIGINT)
        return receipt

    lines = [row("group.changed"), "{bad", *[row("group.changed", days=-n) for n in range(2, 10)]]
    file = write(tmp_path / "rows.jsonl", lines)
    with monkeypatch.context() as patch:
        patch.setattr(imports, "take", take_and_interrupt)
        with pytest.raises(CommandError, match="Run the same command again to continue"):
            run(file)
    return file


def test_ctrl_c_finishes_the_batch(stopped):
    run = ImportRun.objects.get()

    assert (run.lines_done, run.finished_at) == (4, None)
    assert LogEntry.objects.count() == 3


def test_an_import_that_was_stopped_goes_on(stopped, run, tmp_path):
    printed = run(stopped)

    assert "Continuing after line 4" in printed
    assert LogEntry.objects.count() == 9
    assert ImportRun.objects.get().finished_at == AT
    assert [found["line"] for found in rejects(tmp_path / "rows.jsonl.rejects.jsonl")] == [2]
    assert "Accepted 9" in printed


def test_rebase_shifts_the_rest_alike_when_the_import_goes_on(run, tmp_path, monkeypatch):
    file = write(tmp_path / "rows.jsonl", [row("group.changed", days=-n) for n in (30, 20, 10)])
    run(file, rebase=True)
    ImportRun.objects.update(finished_at=None, lines_done=2)

    with time_machine.travel(AT + timedelta(days=3), tick=False):
        printed = run(file, rebase=True)

    assert "Every time is shifted by 10 days" in printed
    assert "Known before 1" in printed


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_bytes(b"plain"), "ends in .gz, but it is not gzip"),
        (lambda path: path.write_bytes(gzip.compress(b"x" * 999)[:-12]), "is damaged or cut off"),
        (lambda path: path.write_bytes(gzip.compress(b"[{]")), "is not valid JSON"),
    ],
)
def test_an_unreadable_file_is_a_plain_sentence(run, tmp_path, make, sentence):
    file = tmp_path / "rows.jsonl.gz"
    make(file)

    with pytest.raises(CommandError, match=sentence):
        run(file)
    assert ImportRun.objects.count() == 0


def test_an_unknown_platform_is_a_sentence_that_says_what_to_do(run, tmp_path):
    with pytest.raises(
        CommandError, match=r"There is no platform 'other'.*relay.*--create-platform"
    ):
        run(write(tmp_path / "rows.jsonl", [row()]), platform="other")


def test_a_platform_can_be_taken_on_with_its_first_file(run, tmp_path):
    file = write(tmp_path / "rows.jsonl", [row("member.joined")])

    run(file, platform="new", create_platform="New", records_membership=True)

    platform = Platform.objects.get(slug="new")
    assert (platform.name, platform.records_membership) == ("New", True)
    assert LogEntry.objects.get().platform_id == platform.pk
    assert AuditEntry.objects.filter(action="platforms.create").count() == 1


@pytest.mark.skipif(not CHATS.exists(), reason="the real joins and leaves are not on this machine")
def test_real_joins_and_leaves_load_with_rebase(run, platform, tmp_path):
    Platform.objects.update(records_membership=True)

    printed = run(CHATS, rebase=True)

    done = ImportRun.objects.get()
    assert done.accepted + done.refused == 62857
    assert LogEntry.objects.count() == done.accepted > 2000
    named = rejects(tmp_path / "irc-duraspace.jsonl.rejects.jsonl")
    assert len(named) == done.refused
    assert {found["code"] for found in named} == {"TOO_OLD"}
    assert "so that the last event is now" in printed
