"""Cases in every state: open, late, answered, held, decided, appealed, won and lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from groups.actions import appeals, cases, decisions, flags, sweeps
from groups.measures import MeasureInput
from groups.models import Appeal, Case, Decision, Flag, Group, Rule
from identity.models import Account
from portal.core.actors import Actor
from portal.demo.story.people import BY, Cast

WARN = MeasureInput("WARN")
SUSPEND_CREATING = MeasureInput("SUSPEND", privilege="CREATE_GROUP", days=90)
SUSPEND_OWNING = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=60)
FREEZE = MeasureInput("FREEZE_GROUP")

FACTS = {
    "R-1": "Three members were asked to pay a deposit outside the service before a meet-up. "
    "The messages they attached show the same bank details.",
    "R-2": "Over nine days one member was addressed with insults under every post they made, "
    "after they had asked for it to stop.",
    "R-4": "The profile used the name and picture of the group's founder and asked for access "
    "codes.",
    "R-5": "The same advertisement was posted 41 times within two hours.",
    "R-6": "Nobody removed or answered eleven reports in three weeks.",
}
REASONS = (
    "The rule was published and known. The conduct was toward people in the group, it was "
    "repeated, and the answer did not change the picture."
)


@dataclass
class Stage:
    """What the scenes play with."""

    cast: Cast
    groups: dict[str, Group]
    rules: dict[str, Rule]
    accounts: dict[str, Account]
    at: datetime

    def report(
        self,
        group: str,
        rule: str,
        subject: str | None,
        *,
        ago: timedelta,
        reporter: str = "u-x01",
        statement: str = "",
        excerpts: Sequence[str] = (),
    ) -> Flag:
        return flags.send(
            platform=self.cast.relay,
            group=self.groups[group],
            subject=self.accounts[subject] if subject else None,
            rule=self.rules[rule],
            reporter=self.accounts[reporter],
            source=Flag.Source.NOTICE,
            statement=statement or "Please look at this. It has been going on for a while.",
            excerpts=excerpts,
            external_id=None,
            by=Actor.client(self.cast.client),
            at=self.at - ago,
        )

    def answer(self, case: Case, who: str, text: str, *, ago: timedelta) -> None:
        account = self.accounts[who]
        by = Actor.user(account.user) if account.user else BY
        case = Case.objects.get(pk=case.pk)
        cases.answer(
            case=case, version=case.version, account=account, text=text, by=by, at=self.at - ago
        )

    def decide(
        self,
        case: Case,
        outcome: str,
        *,
        ago: timedelta,
        measures: Sequence[MeasureInput] = (),
        by: str = "sam",
        approved_by: str | None = None,
        about_owner: bool = False,
    ) -> Decision:
        case = Case.objects.select_related("rule", "platform").get(pk=case.pk)
        decision = decisions.decide(
            case=case,
            version=case.version,
            outcome=outcome,
            facts=FACTS.get(case.rule.code, FACTS["R-1"]),
            reasons=REASONS,
            measures=measures,
            about_owner=about_owner,
            by=self.cast.by(by),
            at=self.at - ago,
        )
        if approved_by and decision.is_held:
            decision = decisions.approve(
                decision=decision,
                by=self.cast.by(approved_by),
                at=self.at - ago + timedelta(hours=2),
            )
        return decision

    def appeal(self, decision: Decision, who: str, grounds: str, *, ago: timedelta) -> Appeal:
        account = self.accounts[who]
        return appeals.submit(
            decision=decision,
            appellant=account,
            flag=None,
            grounds=grounds,
            new_facts="",
            by=Actor.user(account.user) if account.user else BY,
            at=self.at - ago,
        )

    def review(
        self, appeal: Appeal, outcome: str, reasons: str, *, by: str, ago: timedelta
    ) -> None:
        reviewer = self.cast.by(by)
        appeal = appeals.take(appeal=appeal, version=appeal.version, by=reviewer, at=self.at - ago)
        appeals.decide(
            appeal=appeal,
            version=appeal.version,
            outcome=outcome,
            reasons=reasons,
            by=reviewer,
            at=self.at - ago + timedelta(hours=1),
        )


def days(number: float) -> timedelta:
    return timedelta(days=number)


def good(stage: Stage) -> None:
    """Ada's groups: a report waits for her answer, an older one she handled well."""
    flag = stage.report("g-harbour", "R-1", "u-x02", ago=days(40), reporter="u-x03")
    stage.answer(flag.case, "u-ada", "We removed the member and warned everybody.", ago=days(39))
    stage.decide(flag.case, "OWNER_HANDLED", ago=days(38))
    stage.report(
        "g-harbour",
        "R-1",
        "u-x05",
        ago=days(1.75),
        reporter="u-x06",
        statement="They ask for a deposit by bank transfer before a meet-up.",
        excerpts=["Send 40 € to this account and your place is safe, hurry, only two left!"],
    )
    stage.report("g-harbour", "R-1", "u-x05", ago=days(1.2), reporter="u-x07")
    stage.report("g-chess", "R-5", "u-x08", ago=days(0.5), reporter="u-x09")


def limited(stage: Stage) -> None:
    """Ben: two findings, one of which he appealed in vain."""
    flag = stage.report("g-plants", "R-1", "u-ben", ago=days(75), reporter="u-x10")
    decision = stage.decide(flag.case, "MEASURES", ago=days(72), measures=[WARN])
    appeal = stage.appeal(decision, "u-ben", "The buyers knew what they paid for.", ago=days(65))
    stage.review(appeal, "UPHELD", "The messages show that they did not.", by="noor", ago=days(60))
    flag = stage.report("g-lens", "R-2", "u-ben", ago=days(30), reporter="u-x11")
    stage.decide(flag.case, "MEASURES", ago=days(28), measures=[WARN], approved_by="mina")


def suspended(stage: Stage) -> None:
    """Carla: owning groups suspended by two people; her appeal waits."""
    flag = stage.report("g-crypto", "R-1", "u-carla", ago=days(20), reporter="u-x12")
    stage.report("g-crypto", "R-1", "u-carla", ago=days(19), reporter="u-x13")
    decision = stage.decide(
        flag.case,
        "MEASURES",
        ago=days(16),
        measures=[SUSPEND_OWNING, SUSPEND_CREATING],
        approved_by="mina",
    )
    stage.appeal(
        decision,
        "u-carla",
        "Das war nicht ich: mein Konto wurde in dieser Woche von anderen benutzt.",
        ago=days(3),
    )


def reversed_on_appeal(stage: Stage) -> None:
    """Dario: suspended, appealed, and everything undone."""
    flag = stage.report("g-telescope", "R-4", "u-dario", ago=days(50), reporter="u-x14")
    decision = stage.decide(
        flag.case, "MEASURES", ago=days(47), measures=[SUSPEND_OWNING], approved_by="mina"
    )
    appeal = stage.appeal(
        decision, "u-dario", "I am the founder; the name and the picture are mine.", ago=days(45)
    )
    stage.review(
        appeal,
        "REVERSED",
        "The account is the founder's own. There was no impersonation.",
        by="noor",
        ago=days(44),
    )


def waiting_for_a_second_person(stage: Stage) -> None:
    flag = stage.report("g-street", "R-6", None, ago=days(6), reporter="u-x15")
    sweeps.escalate_cases(by=BY, at=stage.at - days(1), limit=500)
    stage.decide(flag.case, "MEASURES", ago=days(0.3), measures=[FREEZE])


def to_decide(stage: Stage) -> None:
    """Answered in time: staff see report and answer side by side."""
    for number, (group, rule, who, statement, excerpt, answer) in enumerate(
        (
            (
                "g-street",
                "R-1",
                "u-m12",
                "A manager asks for deposits by bank transfer before a meet-up.",
                "Send 25 € to hold your seat. Only by transfer, no refunds.",
                "We removed the manager on the same day and pinned a warning.",
            ),
            (
                "g-language",
                "R-5",
                "u-max",
                "The same course is advertised under every post.",
                "LEARN SPANISH IN 7 DAYS!!! Link in my profile, link in my profile.",
                "Wir haben die Beiträge gelöscht und die Person verwarnt.",
            ),
            (
                "g-nurses",
                "R-2",
                "u-m15",
                "One member follows another through every thread.",
                "You again. Nobody asked you. Nobody ever will.",
                "I wrote to both of them; it has stopped since.",
            ),
            (
                "g-calligraphy",
                "R-4",
                "u-layla",
                "Somebody uses the name and picture of a well-known artist.",
                "I am the artist himself, commissions by message.",
                "The profile was reported to the service and left the group.",
            ),
        )
    ):
        flag = stage.report(
            group,
            rule,
            f"u-x{25 + number}",
            ago=days(2.2 - number / 10),
            reporter=f"u-x{35 + number}",
            statement=statement,
            excerpts=[excerpt],
        )
        stage.answer(flag.case, who, answer, ago=days(0.9 - number / 10))


def overdue(stage: Stage) -> None:
    """Nobody answered: with staff by now, and late there too."""
    for number, group in enumerate(("g-brewing", "g-language", "g-calligraphy", "g-long")):
        stage.report(
            group, "R-2", f"u-x{20 + number}", ago=days(7 + number), reporter=f"u-x{30 + number}"
        )


def crowd(stage: Stage) -> None:
    """Sixty days of ordinary work in the small groups, for lists and charts."""
    codes = ("R-1", "R-2", "R-4", "R-5")
    for number in range(60):
        group = f"g-small-{1 + number % 24:02d}"
        owner = f"u-o{1 + number % 24:02d}"
        ago = days(66 - number)
        subject = owner if number % 5 == 0 else f"u-x{number % 40:02d}"
        flag = stage.report(
            group, codes[number % 4], subject, ago=ago, reporter=f"u-x{(number + 7) % 40:02d}"
        )
        if subject != owner and number % 3:
            stage.answer(flag.case, owner, "Removed, and told the group why.", ago=ago - days(1))
        elif subject != owner:
            assert flag.case.due_at is not None
            sweeps.escalate_cases(by=BY, at=flag.case.due_at, limit=500)
        if number < 52:
            outcome = ("DISMISSED", "OWNER_HANDLED", "MEASURES")[number % 3]
            if outcome == "OWNER_HANDLED" and subject == owner:
                outcome = "DISMISSED"
            measures = [WARN] if outcome == "MEASURES" else []
            stage.decide(
                flag.case, outcome, ago=ago - days(7), measures=measures, approved_by="mina"
            )


SCENES: Sequence[tuple[str, Callable[[Stage], None]]] = (
    ("sixty days of ordinary work", crowd),
    ("a group in good standing", good),
    ("an owner who is limited", limited),
    ("an owner who is suspended and appeals", suspended),
    ("a decision reversed on appeal", reversed_on_appeal),
    ("a group frozen once a second person agrees", waiting_for_a_second_person),
    ("answered reports that wait for staff", to_decide),
    ("reports that nobody answered", overdue),
)
