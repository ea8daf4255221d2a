from datetime import timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from groups import models
from groups.models.tenures import Role
from portal.core.ids import uuid7
from tests.factories.base import AT, RecordFactory
from tests.factories.core import PlatformFactory
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory, UserFactory


class GroupFactory(RecordFactory):
    class Meta:
        model = models.Group

    platform = factory.SubFactory(PlatformFactory)
    external_id = factory.Sequence(lambda n: f"g-{n:06d}")
    name = factory.Sequence(lambda n: f"Group {n}")
    size = 120
    state = models.Group.State.ACTIVE
    first_seen_at = AT - timedelta(days=300)


class RoleEventFactory(RecordFactory):
    class Meta:
        model = models.RoleEvent

    group = factory.SubFactory(GroupFactory)
    platform = factory.SelfAttribute("group.platform")
    account = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..platform"))
    event_key = factory.LazyFunction(uuid7)
    kind = models.RoleEvent.Kind.GRANTED
    role = models.RoleEvent.GrantedRole.OWNER
    occurred_at = AT - timedelta(days=200)


class TenureFactory(RecordFactory):
    """A tenure that holds now, with the role event it is derived from."""

    class Meta:
        model = models.Tenure

    class Params:
        since = AT - timedelta(days=200)
        until = None

    group = factory.SubFactory(GroupFactory)
    platform = factory.SelfAttribute("group.platform")
    account = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..platform"))
    role = Role.OWNER
    period = factory.LazyAttribute(lambda tenure: DateTimeTZRange(tenure.since, tenure.until))
    began = models.Tenure.Began.GRANTED
    began_event = factory.LazyAttribute(
        lambda tenure: (
            RoleEventFactory(
                group=tenure.group,
                account=tenure.account,
                role="MANAGER" if tenure.role == Role.MANAGER else "OWNER",
                occurred_at=tenure.since,
            ).event_key
        )
    )
    senior_from = factory.LazyAttribute(
        lambda tenure: None if tenure.role == Role.MANAGER else tenure.since
    )
    senior_place = factory.LazyAttribute(lambda tenure: None if tenure.role == Role.MANAGER else 0)
    ended = factory.LazyAttribute(
        lambda tenure: models.Tenure.Ended.REVOKED if tenure.until else None
    )
    ended_event = factory.LazyAttribute(
        lambda tenure: (
            RoleEventFactory(
                group=tenure.group,
                account=tenure.account,
                kind="REVOKED",
                role="MANAGER" if tenure.role == Role.MANAGER else "OWNER",
                occurred_at=tenure.until,
            ).event_key
            if tenure.until
            else None
        )
    )


class RuleFactory(RecordFactory):
    class Meta:
        model = models.Rule

    platform = factory.SubFactory(PlatformFactory)
    code = factory.Sequence(lambda n: f"R-{n + 100}")
    version = 1
    title = "Scams"
    text = "Do not deceive people to get their money or data."
    severity = models.Severity.MEDIUM
    response_hours = 72
    staff_hours = 72
    dsa_category = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    published_at = AT - timedelta(days=500)


class CaseFactory(RecordFactory):
    """An open case about a member, with the owner."""

    class Meta:
        model = models.Case

    platform = factory.SubFactory(PlatformFactory)
    group = factory.SubFactory(GroupFactory, platform=factory.SelfAttribute("..platform"))
    subject = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..platform"))
    rule = factory.SubFactory(RuleFactory, platform=factory.SelfAttribute("..platform"))
    severity = factory.SelfAttribute("rule.severity")
    state = models.Case.State.WITH_OWNER
    due_at = AT + timedelta(days=3)
    opened_at = AT


class FlagFactory(RecordFactory):
    class Meta:
        model = models.Flag

    case = factory.SubFactory(CaseFactory)
    platform = factory.SelfAttribute("case.platform")
    reporter = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..platform"))
    statement = "They ask members for deposits."
    received_at = AT


class DecisionFactory(RecordFactory):
    """A decision in effect with two points, as one person may take it."""

    class Meta:
        model = models.Decision

    case = factory.SubFactory(
        CaseFactory, state=models.Case.State.DECIDED, decided_at=AT + timedelta(days=1)
    )
    platform = factory.SelfAttribute("case.platform")
    subject_account = factory.SelfAttribute("case.subject")
    outcome = models.Decision.Outcome.MEASURES
    rule = factory.SelfAttribute("case.rule")
    ground = models.Decision.Ground.INCOMPATIBLE_CONTENT
    facts = "Three members were asked for deposits."
    reasons = "The rule on scams forbids it."
    points = -2
    policy = factory.LazyAttribute(
        lambda decision: (
            models.decisions.Policy.objects.filter(
                platform=decision.platform, state="ACTIVE"
            ).first()
            or PolicyFactory(platform=decision.platform)
        )
    )
    decided_by = factory.SubFactory(UserFactory, is_staff=True)
    decided_at = AT + timedelta(days=1)
    needs_approval = False
    effective_at = factory.LazyAttribute(
        lambda decision: None if decision.needs_approval else decision.decided_at
    )
    appealable_until = factory.LazyAttribute(lambda decision: decision.decided_at + timedelta(30))
    dsa_category = factory.SelfAttribute("rule.dsa_category")
    source_type = "SOURCE_ARTICLE_16"
    noticed_at = AT


class AppealFactory(RecordFactory):
    class Meta:
        model = models.Appeal

    decision = factory.SubFactory(DecisionFactory)
    platform = factory.SelfAttribute("decision.platform")
    appellant = factory.SelfAttribute("decision.subject_account")
    grounds = "It was not me."
    submitted_at = AT + timedelta(days=2)
    due_at = AT + timedelta(days=9)


class NoticeFactory(RecordFactory):
    class Meta:
        model = models.Notice

    platform = factory.SubFactory(PlatformFactory)
    recipient = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..platform"))
    kind = models.notices.NoticeKind.CASE_OPENED
    language = "en"
    subject = "A report needs your answer"
    body = "Please answer."
    created_at = AT


class TransferFactory(RecordFactory):
    class Meta:
        model = models.Transfer

    group = factory.SubFactory(GroupFactory)
    from_account = factory.SubFactory(
        AccountFactory, platform=factory.SelfAttribute("..group.platform")
    )
    to_account = factory.SubFactory(
        AccountFactory, platform=factory.SelfAttribute("..group.platform")
    )
    offered_at = AT - timedelta(days=7)
    expires_at = AT + timedelta(days=7)


class ClaimFactory(RecordFactory):
    class Meta:
        model = models.Claim

    group = factory.SubFactory(GroupFactory)
    account = factory.SubFactory(AccountFactory, platform=factory.SelfAttribute("..group.platform"))
    claimed_at = AT - timedelta(days=7)
    expires_at = AT + timedelta(days=7)
