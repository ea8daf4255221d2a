"""Many decisions at once: where, under which rule, by whom, and what became of each."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F

from groups.models import Appeal, Case, Decision, Group, Measure, Rule
from identity.models import User
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory, UserFactory

DAY = timedelta(days=1)
REASONS = "It was looked at anew."


@dataclass(frozen=True)
class Decided:
    """`appeal` is the state of an appeal against it; `state`: in effect, held or returned."""

    rule: Rule
    group: Group
    by: User
    outcome: str = "DISMISSED"
    measures: tuple[str, ...] = ()
    appeal: str = ""
    state: str = "effective"
    at: object = AT

    def __mul__(self, times):
        return [self] * times


class Desk:
    """Writes many decisions of one platform in few statements."""

    def __init__(self, platform):
        self.platform = platform
        self.policy = PolicyFactory(platform=platform)
        self.subject = AccountFactory(platform=platform)
        people = UserFactory.create_batch(3, is_staff=True)
        self.approver, self.reviewer, self.second_reviewer = people

    def take(self, taken):
        with fixture_rows():
            cases = [self._case(one) for one in taken]
            Case.objects.bulk_create(cases)
            made = [self._decision(one, case) for one, case in zip(taken, cases, strict=True)]
            self._put_into_effect(taken, made, approver=self.approver)
            self._appeal(taken, made)
        return made

    def _put_into_effect(self, taken, made, *, approver):
        Decision.objects.bulk_create(made)
        pairs = list(zip(taken, made, strict=True))
        Measure.objects.bulk_create(
            Measure(decision=decision, kind=kind, **_terms(kind))
            for one, decision in pairs
            for kind in one.measures
        )
        of = {
            state: Decision.objects.filter(pk__in=[d.pk for one, d in pairs if one.state == state])
            for state in ("effective", "returned")
        }
        of["effective"].update(
            effective_at=F("decided_at"), approved_by=approver, approved_at=F("decided_at")
        )
        of["returned"].update(
            returned_by=approver, returned_at=F("decided_at"), return_reason="Which facts?"
        )

    def _appeal(self, taken, made):
        pairs = [(one, first) for one, first in zip(taken, made, strict=True) if one.appeal]
        appeals = [self._submitted(one, first) for one, first in pairs]
        Appeal.objects.bulk_create(appeals)
        changed = [
            (one, appeal)
            for (one, _), appeal in zip(pairs, appeals, strict=True)
            if one.appeal.endswith("REVERSED")
        ]
        # An override keeps a warning, which no count may take for another decision.
        after = [
            Decided(
                one.rule,
                one.group,
                self.reviewer,
                outcome="MEASURES",
                measures=("WARN",),
                at=one.at + 2 * DAY,
            )
            for one, _ in changed
        ]
        overrides = [
            self._decision(one, appeal.decision.case, overrides=appeal.decision)
            for one, (_, appeal) in zip(after, changed, strict=True)
        ]
        self._put_into_effect(after, overrides, approver=self.second_reviewer)
        for (one, appeal), override in zip(changed, overrides, strict=True):
            appeal.state, appeal.resulting_decision = one.appeal, override
            appeal.outcome_reasons, appeal.reviewed_at = REASONS, one.at + 2 * DAY
        ended = ["state", "resulting_decision", "outcome_reasons", "reviewed_at"]
        Appeal.objects.bulk_update([appeal for _, appeal in changed], ended)

    def _submitted(self, one, first):
        """Write an appeal as it was before the decision that changes the first one."""
        outcome = {"state": one.appeal}
        if one.appeal.endswith("REVERSED"):
            outcome = {"state": "IN_REVIEW", "reviewer": self.reviewer}
        if one.appeal == "UPHELD":
            outcome |= {"reviewer": self.reviewer, "outcome_reasons": REASONS}
        if one.appeal in ("UPHELD", "OMITTED"):
            outcome["reviewed_at"] = one.at + 2 * DAY
        return Appeal(
            decision=first,
            platform=self.platform,
            appellant=self.subject,
            grounds="It was not me.",
            submitted_at=one.at + DAY,
            due_at=one.at + 9 * DAY,
            **outcome,
        )

    def _case(self, one):
        return Case(
            platform=self.platform,
            group=one.group,
            subject=self.subject,
            rule=one.rule,
            severity=one.rule.severity,
            state="DECIDED",
            opened_at=one.at,
            decided_at=one.at,
        )

    def _decision(self, one, case, **more):
        return Decision(
            platform=self.platform,
            case=case,
            subject_account=self.subject,
            outcome=one.outcome,
            rule=one.rule,
            ground="INCOMPATIBLE_CONTENT",
            facts="Three members were asked for deposits.",
            reasons="The rule on scams forbids it.",
            policy=self.policy,
            decided_by=one.by,
            decided_at=one.at,
            needs_approval=True,
            appealable_until=one.at + 30 * DAY,
            dsa_category=one.rule.dsa_category,
            source_type="SOURCE_ARTICLE_16",
            noticed_at=one.at,
            **more,
        )


def _terms(kind):
    terms = {
        "SUSPEND": {"privilege": "OWN_GROUP", "days": 30},
        "REVOKE": {"privilege": "OWN_GROUP"},
    }
    return terms.get(kind, {})
