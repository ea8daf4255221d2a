"""The main job in nine steps, through the doors that people and programs use."""

import json
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from credit import tasks as credit_tasks
from credit.actions import policies
from credit.models import LedgerEntry, Sanction
from groups import tasks
from groups.actions import rules, templates
from groups.models import (
    Appeal,
    Case,
    Decision,
    Group,
    HeldLogEntry,
    LogEntry,
    Notice,
    Tenure,
)
from identity.models import Account
from portal.core import certificates
from portal.core.actors import Actor
from portal.core.models import Hold, Platform, PurgeRun
from reports import tasks as report_tasks
from reports.models import ReportRun
from tests.authorisation.people import Person
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import ApiClientFactory, UserFactory, staff_user

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("setting up")
DAY = timedelta(days=1)
SECRET = "client-secret-of-the-tests"


def events():
    """Two groups: one with an owner and a manager, one with an owner and a co-owner."""

    def row(kind, days, group, subject=None, role=None):
        when = (AT + days * DAY).isoformat()
        found = {"kind": kind, "time": when, "group": group, "actor": "p-root"}
        return found | ({"subject": subject, "role": role} if subject else {})

    return [
        row("group.created", -400, "g-1"),
        row("role.granted", -400, "g-1", "p-olga", "owner"),
        row("role.granted", -50, "g-1", "p-mara", "manager"),
        row("group.created", -30, "g-2"),
        row("role.granted", -30, "g-2", "p-otto", "owner"),
        row("role.granted", -20, "g-2", "p-cora", "owner"),
    ]


class Door:
    """What the people and the program of this story do, each through their own surface."""

    def __init__(self, clock, folder):
        self.clock, self.folder = clock, folder

    def prepare(self):
        self.platform = Platform.objects.get(slug="relay")
        policies.install_default(platform=self.platform, by=BY, at=AT - 500 * DAY)
        rules.install_defaults(platform=self.platform, by=BY, at=AT - 500 * DAY)
        templates.install_defaults(platform=self.platform, by=BY, at=AT - 500 * DAY)
        self.reviewer = staff_user(self.platform, "REVIEWER")
        self.senior = staff_user(self.platform, "SENIOR")
        self.other_senior = staff_user(self.platform, "SENIOR")
        self.administrator = staff_user(self.platform, "ADMINISTRATOR")
        self.client = ApiClientFactory(platform=self.platform, client_secret=SECRET)
        for name in ("p-olga", "p-otto"):
            with fixture_rows():
                Account.objects.filter(external_id=name).update(user=UserFactory())

    def call(self, scope, path, body=None):
        """Call the API with a token of its own for the scope."""
        asked = {"grant_type": "client_credentials", "scope": scope}
        asked |= {"client_id": self.client.client_id, "client_secret": SECRET}
        token = Client().post("/api/oauth/token/", asked).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        if body is None:
            return Client().get(path, headers=headers)
        kind = "application/json"
        return Client().post(path, json.dumps(body), content_type=kind, headers=headers)

    def flag(self, group, rule, subject=None):
        body = {"group": group, "rule": rule, "subject": subject, "statement": "It goes on."}
        sent = self.call("flags", "/api/v1/flags", body)
        assert sent.status_code == 201, sent.content
        return sent.json()["case"]

    def may_own(self, account, group):
        question = {
            "subject": {"type": "account", "id": account},
            "action": {"name": "own_group"},
            "resource": {"type": "group", "id": group},
        }
        return self.call("access", "/access/v1/evaluation", question).json()

    def owner(self, name):
        return Person(user=Account.objects.get(external_id=name).user)

    def staff(self, user):
        cache.clear()
        return Person(user=user, has_factor=True)

    def does(self, person, path, data):
        """Send a form and follow where it leads; anything but a redirect is a refusal."""
        answer = person.ask("POST", path, data)
        assert answer.status_code == 302, (answer.status_code, answer.content.decode()[-3000:])
        return answer

    def decide(self, user, case, **measure):
        """Look at the effect, then confirm just that."""
        page, staff = f"/admin/work/case/{case.pk}/", self.staff(user)
        self.does(staff, f"{page}claim/", {"version": case.version})
        case.refresh_from_db()
        form = {
            "version": case.version,
            "outcome": "MEASURES",
            "facts": "Two members reported it.",
            "reasons": "The rule forbids it.",
            "ground": "INCOMPATIBLE_CONTENT",
            "measures-TOTAL_FORMS": 1,
            "measures-INITIAL_FORMS": 0,
            "measures-0-where": "PLATFORM",
        }
        form |= {
            name if name == "about_owner" else f"measures-0-{name}": value
            for name, value in measure.items()
        }
        shown = staff.ask("POST", f"{page}preview/", form)
        assert shown.status_code == 200, shown.content.decode()[-3000:]
        self.does(staff, f"{page}decide/", form | {"seen": shown.context["seen"]})
        return Decision.objects.get(case=case)


@pytest.fixture(autouse=True)
def empty_log(transactional_db):
    """The flush of transactional tests does not know the log: it is no managed table."""
    _drop_partitions()
    yield
    _drop_partitions()


def _drop_partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


@pytest.fixture
def door(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache.clear()
    with time_machine.travel(AT, tick=False) as clock:
        yield Door(clock, tmp_path)
    cache.clear()


def owners(group):
    held = Tenure.objects.current().filter(group__external_id=group, role="OWNER")
    return list(held.values_list("account__external_id", flat=True))


def ledger():
    rows = LedgerEntry.objects.order_by("account__external_id", "sequence")
    return list(rows.values_list("account__external_id", "kind", "points"))


def told(decision):
    rows = Notice.objects.filter(decision=decision).order_by("pk")
    return sorted(rows.values_list("recipient__external_id", "kind"))


def test_the_main_job_from_import_to_report(door):
    # 1. A platform brings its history; what is sent again changes nothing.
    file = door.folder / "events.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in events()) + "no JSON\n")
    for _ in range(2):
        rejects = door.folder / "rejects.jsonl"
        options = {"create_platform": "Relay", "history": True, "rejects": rejects}
        call_command("import_events", str(file), platform="relay", **options)
        assert len(rejects.read_text().splitlines()) == 1
        assert Group.objects.count() == 2
        assert Tenure.objects.count() == 4
        assert LogEntry.objects.count() == 4  # the others are older than the window
    assert (owners("g-1"), owners("g-2")) == (["p-olga"], ["p-otto"])
    door.prepare()

    # 2. A flag opens a case with the owner's deadline; a second one joins it.
    first = door.flag("g-1", "R-1", "p-mara")
    joined = door.flag("g-1", "R-1", "p-mara")
    second = door.flag("g-2", "R-1")
    assert first == joined
    assert first["state"] == second["state"] == "WITH_OWNER"
    assert first["due_at"] == "2026-11-04T12:00:00Z"
    answered, unanswered = Case.objects.order_by("number")
    assert (answered.flags.count(), unanswered.flags.count()) == (2, 1)

    # 3. One owner answers, the other does not: escalated once, however often it is swept.
    door.clock.shift(DAY)
    page = f"/cases/{answered.reference}/"
    form = {"version": answered.version, "text": "We removed the messages."}
    door.does(door.owner("p-olga"), page, form)
    door.clock.move_to(unanswered.due_at + timedelta(minutes=1))
    tasks.escalate_overdue()
    tasks.escalate_overdue()
    answered.refresh_from_db()
    unanswered.refresh_from_db()
    assert answered.timeline.filter(kind="ANSWERED").count() == 1
    assert answered.timeline.filter(kind="ESCALATED").count() == 0
    assert unanswered.timeline.filter(kind="ESCALATED").count() == 1
    assert (answered.state, unanswered.state) == ("WITH_STAFF", "WITH_STAFF")
    assert ledger() == []

    # 4. One decision with points, and one that waits for a second person.
    points = door.decide(door.reviewer, answered, kind="WARN")
    held = door.decide(
        door.reviewer,
        unanswered,
        kind="SUSPEND",
        privilege="OWN_GROUP",
        days=30,
        about_owner="on",
    )
    assert not points.is_held
    assert held.is_held
    assert (Sanction.objects.count(), owners("g-2")) == (0, ["p-otto"])
    door.does(door.staff(door.senior), f"/admin/work/decision/{held.pk}/approve/", {})

    # 5. Ledger, standing, sanctions, tenures and notices follow.
    held.refresh_from_db()
    assert held.approved_by == door.senior
    assert ledger() == [("p-mara", "PENALTY", -4), ("p-otto", "PENALTY", -4)]
    assert (points.points, held.points) == (-4, -4)
    sanction = Sanction.objects.get()
    assert (sanction.account.external_id, sanction.kind) == ("p-otto", "SUSPENSION")
    assert sanction.ends_at == held.effective_at + 30 * DAY
    assert owners("g-2") == ["p-cora"]
    assert ("p-otto", "DECISION") in told(held)
    assert ("p-mara", "DECISION") in told(points)

    # 6. The platform asks, and hears no, why and until when.
    answer = door.may_own("p-otto", "g-2")
    assert answer["decision"] is False
    until = sanction.ends_at.isoformat().replace("+00:00", "Z")
    assert until in [reason["until"] for reason in answer["context"]["reasons"]]
    assert answer["context"]["decision_id"] == held.reference
    assert door.may_own("p-cora", "g-2")["decision"] is True

    # 7. While suspended the owner appeals; somebody else reverses; all of it is undone.
    grounds = {"step": "send", "grounds": "It was answered in the group.", "new_facts": ""}
    door.does(door.owner("p-otto"), f"/decisions/{held.reference}/appeal/", grounds)
    appeal = Appeal.objects.get()
    review = f"/admin/work/appeal/{appeal.pk}/"
    own = door.staff(door.senior).ask("POST", f"{review}take/", {"version": appeal.version})
    assert own.status_code in (403, 409)
    staff = door.staff(door.other_senior)
    door.does(staff, f"{review}take/", {"version": appeal.version})
    appeal.refresh_from_db()
    outcome = {
        "version": appeal.version,
        "outcome": "REVERSED",
        "reasons": "It was.",
        "measures-TOTAL_FORMS": 0,
        "measures-INITIAL_FORMS": 0,
    }
    shown = staff.ask("POST", f"{review}preview/", outcome)
    door.does(staff, f"{review}decide/", outcome | {"seen": shown.context["seen"]})
    appeal.refresh_from_db()
    assert (appeal.state, appeal.reviewer) == ("REVERSED", door.other_senior)
    assert ledger()[-1] == ("p-otto", "REVERSAL", 4)
    assert len(ledger()) == 3
    sanction.refresh_from_db()
    assert sanction.lift == "REVERSED"
    assert Tenure.objects.filter(account__external_id="p-otto", began="REINSTATED").count() == 1
    assert door.may_own("p-otto", "g-2")["decision"] is True

    # 8. What is older than its window goes; what a hold covers stays.
    group = Group.objects.get(external_id="g-2")
    hold = {"_form_submitted": "on", "matter": "Order 12", "reason": "A court asked."}
    hold["review"] = (date(2026, 11, 2) + 60 * DAY).isoformat()
    door.does(door.staff(door.senior), f"/admin/groups/group/{group.pk}/hold/", hold)
    placed = Hold.objects.get()
    approve = f"/admin/core/hold/{placed.pk}/approve_hold/"
    door.does(door.staff(door.other_senior), approve, {"_form_submitted": "on"})
    door.clock.move_to(AT + 190 * DAY)
    call_command("purge", dry_run=True)
    assert LogEntry.objects.count() == 4
    call_command("purge")
    assert LogEntry.objects.count() == 0
    assert HeldLogEntry.objects.filter(hold=placed).count() == 3
    run = PurgeRun.objects.get(is_dry=False)
    certificate = door.folder / "certificate.json"
    certificate.write_text(certificates.to_json(run.certificate))
    call_command("verify_certificate", str(certificate))

    # 9. The report covers the period, and everybody may read it once it is published.
    period = {"platform": door.platform.pk, "first": "2026-11-01", "last": "2026-11-30"}
    staff = door.staff(door.administrator)
    sent = period | {"_form_submitted": "on"}
    door.does(staff, "/admin/reports/reportrun/run_report/", sent)
    credit_tasks.refresh_standings()
    report_tasks.make_waiting()
    report = ReportRun.objects.get()
    page = f"/transparency/{report.pk}/"
    assert Client().get(page).status_code == 404
    publish = f"/admin/reports/reportrun/{report.pk}/publish_report/"
    door.does(staff, publish, {"_form_submitted": "on"})
    assert Client().get(page).status_code == 200
    report.refresh_from_db()
    assert report.figures["summary"]["reports"] == 3
    assert report.figures["summary"]["decisions"] == 2
    assert report.figures["appeals"]["reversed"] == 1
    # Small counts could point at a person, so the published file hides them.
    assert Client().get(f"{page}report.json").json()["summary"]["reports"] == "<5"
    assert Client().get(f"{page}report.csv").content.count(b"\n") > 5
    assert Client().get(f"{page}report.pdf").content.startswith(b"%PDF")
