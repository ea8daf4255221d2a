"""Steps two to nine; the first one is the command `import_events`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from credit import queries as credit_queries
from credit.models import LedgerEntry, Sanction
from groups.actions import appeals, cases, decisions, flags, sweeps
from groups.measures import MeasureInput
from groups.models import Case, Decision, Flag, Notice, Tenure
from groups.models.tenures import Role
from groups.queries import decisions as decision_queries
from identity.models import Account
from portal.core.actions import holds, purge
from portal.core.data_classes import registry
from portal.core.models import Hold, PurgeRun
from portal.demo.tour.stage import BY, SECRET, Stage, choose_groups, choose_member
from reports.actions import runs
from reports.models import ReportRun

Say = Callable[[str], None]
SUSPENSION = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=60)


@dataclass
class Tour:
    """One walk through the main job. Times lie in the last days, so that deadlines can pass."""

    stage: Stage
    at: datetime
    say: Say

    def flag(self) -> None:
        """A member's flag opens a case; a second one joins it."""
        self.first, self.second = choose_groups(self.stage)
        owners = {self.first.account, self.second.account}
        self.member = choose_member(self.stage, but=owners, number=0)
        self.reporter = choose_member(self.stage, but=owners, number=1)
        one = self._flag(self.first, "R-2", self.member, ago=11)
        again = self._flag(self.first, "R-2", self.member, ago=10.5)
        # A report about the owner would not wait for the owner: there, it is about the group.
        self.about_owner = self.second.role == Role.OWNER
        subject = None if self.about_owner else self.second.account
        two = self._flag(self.second, "R-6", subject, ago=11)
        self.answered, self.unanswered = one.case, two.case
        assert again.case == one.case
        self.say(
            f"{one.case} in {self.first.group}, rule {one.case.rule.code}: the owner has until "
            f"{_when(one.case.due_at)}"
        )
        joined = _counted(one.case.flags.count(), "flag")
        self.say(f"A second flag on the same joins it: {one.case} has {joined}")
        self.say(
            f"{two.case} in {self.second.group}, rule {two.case.rule.code}: the owner has until "
            f"{_when(two.case.due_at)}"
        )

    def answer_and_escalate(self) -> None:
        """The owner answers one case; nobody answers the other."""
        case = _fresh(self.answered)
        cases.answer(
            case=case,
            version=case.version,
            account=self.first.account,
            text="We spoke to the member and removed what was reported.",
            by=self.stage.partner,
            # Late enough that the sweep of the other case finds it within the deadline of staff.
            at=self._ago(8.5),
        )
        self.say(f"{case}: the owner answered in time; now {_state(case)}")
        other = _fresh(self.unanswered)
        assert other.due_at is not None
        sweeps.escalate_cases(by=BY, at=other.due_at, limit=500)
        sweeps.escalate_cases(by=BY, at=other.due_at, limit=500)
        left = other.timeline.filter(kind="ESCALATED").count()
        self.say(
            f"{other}: nobody answered; escalated {_counted(left, 'time')} by two sweeps, "
            f"now {_state(other)}"
        )
        self.say("That costs no points: a timer never punishes")

    def decide(self) -> None:
        """Staff decide one case with points, and one with a suspension that two people take."""
        self.points = self._decide(self.answered, [MeasureInput("WARN")], about_owner=False, ago=6)
        self._effective(self.points)
        self.suspension = self._decide(
            self.unanswered, [SUSPENSION], about_owner=self.about_owner, ago=5.5
        )
        self._effective(self.suspension)

    def look(self) -> None:
        """Ledger, standing, tenures, notices: what the decisions did."""
        for decision in (self.points, self.suspension):
            account = _subject(decision)
            entries = LedgerEntry.objects.filter(decision_id=decision.pk)
            standing = credit_queries.get_standing(account=account, at=self.at)
            points = ", ".join(
                f"{entry.points:+d} points until {_when(entry.expires_at)}" for entry in entries
            )
            self.say(f"{decision}, {account}: {points or 'no points'}; {standing.tier}")
        ended = Tenure.objects.filter(account=_subject(self.suspension), ended="DECISION")
        self.say(f"{self.suspension} ended {_counted(ended.count(), 'tenure')}; the owner now:")
        for tenure in ended.select_related("group").order_by("group__external_id")[:5]:
            now = tenure.group.tenures.current().filter(role="OWNER").select_related("account")
            owner = now.first()
            self.say(f"  {tenure.group}: {owner.account if owner else 'nobody, claim it'}")
        notices = Notice.objects.filter(decision__in=[self.points, self.suspension])
        self.say(f"{_counted(notices.count(), 'notice')} written, kept as sent")

    def evaluate(self) -> None:
        """The platform asks whether the suspended person may own a group."""
        answer = self._ask(_subject(self.suspension))
        self.say(f"May {_subject(self.suspension)} own {self.second.group}? {_yes(answer)}")
        for reason in answer["context"]["reasons"]:
            self.say(f"  {reason['sentence']}")

    def appeal(self) -> None:
        """The owner appeals; another reviewer reverses; everything is undone by new rows."""
        account = _subject(self.suspension)
        appeal = appeals.submit(
            decision=self.suspension,
            appellant=account,
            flag=None,
            grounds="The reports were answered in the group itself; here are the dates.",
            new_facts="Three managers answered on the same day.",
            by=self.stage.partner,
            at=self._ago(3),
        )
        reviewer = self.stage.appeal_reviewer
        appeal = appeals.take(appeal=appeal, version=appeal.version, by=reviewer, at=self._ago(2))
        appeal = appeals.decide(
            appeal=appeal,
            version=appeal.version,
            outcome="REVERSED",
            reasons="The managers did answer. The measure does not stand.",
            by=reviewer,
            at=self._ago(1.9),
        )
        self.say(
            f"{appeal} against {self.suspension}: {appeal.get_state_display().lower()} by "
            f"{appeal.resulting_decision}, which another person took"
        )
        lifted = Sanction.objects.filter(decision_id=self.suspension.pk, lift="REVERSED").count()
        back = Tenure.objects.filter(account=account, began="REINSTATED").current().count()
        reversals = LedgerEntry.objects.filter(account=account, kind="REVERSAL").count()
        self.say(
            f"{_counted(lifted, 'sanction')} lifted, {_counted(back, 'tenure')} given back, "
            f"{_counted(reversals, 'ledger entry', 'ledger entries')} reversed"
        )
        answer = self._ask(account)
        self.say(f"May {account} own {self.second.group}? {_yes(answer)}")

    def purge(self) -> None:
        """The purge drops what is older than the window and keeps what a hold covers."""
        self._hold()
        dry = purge.run(by=BY, at=self.at, dry=True)
        real: PurgeRun = purge.run(by=BY, at=self.at)
        for planned, done in zip(dry.plan, real.plan, strict=True):
            if planned["due"] or planned["kept"]:
                holds = planned["kept_by"].items()
                kept = ", ".join(f"{hold} keeps {count}" for hold, count in holds)
                self.say(f"{done['class']}: {done['deleted']} deleted; {kept or 'nothing held'}")
        self.say(
            f"Certificate {real.certificate.reference}: {real.certificate.deleted} deleted, "
            f"{real.certificate.kept} kept, SHA-256 {real.certificate.sha256[:16]}…"
        )

    def report(self) -> None:
        """A transparency report over this year."""
        period = {
            "period_from": datetime(self.at.year, 1, 1, tzinfo=UTC),
            "period_to": datetime(self.at.year + 1, 1, 1, tzinfo=UTC),
        }
        before = ReportRun.objects.filter(platform=self.stage.platform, **period).exists()
        note = "Another tour was taken." if before else ""
        run = runs.request(
            platform=self.stage.platform, **period, correction_note=note, by=BY, at=self.at
        )
        run = runs.make(run=run, by=BY, at=self.at)
        assert run.figures is not None
        summary, outcomes = run.figures["summary"], run.figures["appeals"]
        self.say(
            f"{self.at.year}, version {run.version}: {_counted(summary['reports'], 'report')}; "
            f"{_counted(summary['decisions'], 'decision')}, {summary['upheld']} upheld; "
            f"{_counted(outcomes['submitted'], 'appeal')}, {outcomes['reversed']} reversed"
        )
        self.say(f"PDF of {len(bytes(run.pdf or b'')) // 1024} KB, SHA-256 {run.pdf_sha256[:16]}…")

    def _hold(self) -> None:
        """Hold a group that the purge would touch, once."""
        old = registry.classes["tenures and role events"].cutoff(self.at)
        due = Tenure.objects.filter(platform=self.stage.platform, period__endswith__lt=old)
        touched = due.select_related("group").order_by("group__external_id").first()
        group = touched.group if touched else self.second.group
        if Hold.objects.standing().filter(platform=self.stage.platform).exists():
            return
        hold = holds.place(
            platform=self.stage.platform,
            scope=Hold.Scope.GROUP,
            scope_id=group.pk,
            matter="Tour",
            reason="Shows what a hold keeps.",
            review_at=self.at + timedelta(days=30),
            by=self.stage.senior,
            at=self.at,
        )
        holds.approve(hold=hold, by=self.stage.appeal_reviewer, at=self.at)
        self.say(f"{hold} holds what Accord knows of {group}; two people stand for it")

    def _ago(self, days: float) -> datetime:
        return self.at - timedelta(days=days)

    def _flag(self, owner: Tenure, rule: str, subject: Account | None, *, ago: float) -> Flag:
        return flags.send(
            platform=self.stage.platform,
            group=owner.group,
            subject=subject,
            rule=self.stage.rules[rule],
            reporter=self.reporter,
            source=Flag.Source.NOTICE,
            statement="This has been going on for weeks.",
            excerpts=["An excerpt that the reporter chose to attach."],
            external_id=None,
            by=self.stage.partner,
            at=self._ago(ago),
        )

    def _decide(
        self, case: Case, measures: list[MeasureInput], *, about_owner: bool, ago: float
    ) -> Decision:
        case, at = _fresh(case), self._ago(ago)
        preview = decision_queries.preview(
            case=case, outcome="MEASURES", measures=measures, at=at, about_owner=about_owner
        )
        decision = decisions.decide(
            case=case,
            version=case.version,
            outcome="MEASURES",
            facts="Two members reported it, and the log of the group shows it.",
            reasons="The rule is published, and what the group did came too late.",
            measures=measures,
            about_owner=about_owner,
            by=self.stage.reviewer,
            at=at,
        )
        if preview.standing is not None:
            effect = preview.standing
            self.say(
                f"{decision} on {case}, foreseen: {effect.points} points, "
                f"{effect.tier_before} → {effect.tier_after}"
            )
        return decision

    def _effective(self, decision: Decision) -> None:
        if decision.is_held:
            self.say(f"{decision} waits for a second person")
            decisions.approve(
                decision=decision,
                by=self.stage.senior,
                at=decision.decided_at + timedelta(hours=4),
            )
            decision.refresh_from_db()
            self.say(f"{decision} approved by {decision.approved_by}")
        self.say(f"{decision} in effect since {_when(decision.effective_at)}")

    def _ask(self, account: Account) -> dict[str, Any]:
        """Ask through the door that the platform uses: token, then evaluation."""
        http = Client(headers={"host": "127.0.0.1"})
        token = http.post(
            "/api/oauth/token/",
            {
                "grant_type": "client_credentials",
                "client_id": self.stage.client.client_id,
                "client_secret": SECRET,
                "scope": "access",
            },
        ).json()["access_token"]
        question = {
            "subject": {"type": "account", "id": account.external_id},
            "action": {"name": "own_group"},
            "resource": {"type": "group", "id": self.second.group.external_id},
        }
        answer: dict[str, Any] = http.post(
            "/access/v1/evaluation",
            json.dumps(question),
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        ).json()
        return answer


def _fresh(case: Case) -> Case:
    return Case.objects.select_related("rule", "group", "platform").get(pk=case.pk)


def _subject(decision: Decision) -> Account:
    assert decision.subject_account is not None
    return decision.subject_account


def _state(case: Case) -> str:
    return _fresh(case).get_state_display().lower()


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if instant else "–"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _yes(answer: dict[str, Any]) -> str:
    return "yes" if answer["decision"] else "no"
