"""A record of every kind that the admin lists, of one platform."""

from datetime import timedelta

from groups import models
from groups.models.tenures import Role
from identity.models import IdentityAccess
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import PurgeRun, WebhookDelivery, WindowChange
from reports.models import AuthorityRequest, DsaStatement, ReportRun, ReportSchedule
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.core import (
    HoldFactory,
    OutboxEventFactory,
    WebhookEndpointFactory,
)
from tests.factories.credit import AdjustmentFactory, SimulationFactory
from tests.factories.groups import (
    AppealFactory,
    CaseFactory,
    DecisionFactory,
    FlagFactory,
    GroupFactory,
    NoticeFactory,
    RuleFactory,
    TenureFactory,
)
from tests.factories.identity import (
    AccountFactory,
    ApiClientFactory,
    UserFactory,
    VerificationFactory,
    VerificationRequestFactory,
    staff_user,
)


def make_records(platform, *, number=1):
    """Write one or more rows of every listed model on `platform`; `number` tells them apart."""
    account = AccountFactory(platform=platform)
    group = GroupFactory(platform=platform)
    TenureFactory(group=group, account=account)
    TenureFactory(group=group, account=AccountFactory(platform=platform), role=Role.MANAGER)
    VerificationFactory(account=account)
    VerificationRequestFactory(account=account)
    rule = RuleFactory(platform=platform)
    findings.penalty(account)
    findings.sanction(account)
    AdjustmentFactory(account=account)
    SimulationFactory(policy=findings.active_policy(platform))
    case = CaseFactory(platform=platform, group=group, subject=account, rule=rule)
    FlagFactory(case=case)
    decided = CaseFactory(
        platform=platform, group=group, state="DECIDED", decided_at=AT, due_at=None
    )
    decision = DecisionFactory(case=decided, outcome="DISMISSED", points=0)
    AppealFactory(decision=decision)
    NoticeFactory(platform=platform, recipient=account)
    hold = HoldFactory(platform=platform)
    endpoint = WebhookEndpointFactory(platform=platform)
    event = OutboxEventFactory(platform=platform)
    ApiClientFactory(platform=platform)
    person = staff_user(platform)
    audit.record(action="tests.write", record=group, by=Actor.user(person), at=AT)
    other = AccountFactory(platform=platform)
    with fixture_rows():
        WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_attempt_at=AT)
        models.Transfer.objects.create(
            group=group,
            from_account=account,
            to_account=other,
            offered_at=AT,
            expires_at=AT + timedelta(days=7),
        )
        models.Claim.objects.create(
            group=group, account=other, claimed_at=AT, expires_at=AT + timedelta(days=7)
        )
        duties = models.Duties.objects.create(
            platform=platform, version=number, text="Answer reports.", published_at=AT
        )
        models.Acknowledgement.objects.create(
            group=group, account=account, duties=duties, acknowledged_at=AT
        )
        models.ImportRun.objects.create(
            platform=platform,
            file_sha256=f"{number:064d}",
            file_name="events.jsonl",
            with_history=False,
            started_at=AT,
        )
        models.NoticeTemplate.objects.create(
            platform=platform,
            kind="DECISION",
            language="en",
            version=number,
            subject="A decision",
            retired_at=AT if number > 1 else None,
            body="Dear {name}",
            published_at=AT,
        )
        models.HeldLogEntry.objects.create(
            hold=hold,
            platform_id=platform.pk,
            occurred_at=AT,
            event_key=group.pk,
            row={"kind": "role.granted"},
            copied_at=AT,
        )
        IdentityAccess.objects.create(
            account=account, user=person, purpose="Appeal", at=AT, until=AT + timedelta(hours=1)
        )
        WindowChange.objects.get_or_create(
            data_class="evidence",
            withdrawn_at=None,
            defaults={
                "days": 90,
                "days_before": 61,
                "floor": 30,
                "ceiling": 365,
                "reason": "Appeals take longer.",
                "proposed_by": person.pk,
                "proposed_at": AT,
            },
        )
        PurgeRun.objects.create(is_dry=True, as_of=AT, started_at=AT, run_by="tests", plan=[])
        ReportRun.objects.create(
            platform=platform,
            kind="TRANSPARENCY",
            period_from=AT - timedelta(days=number),
            period_to=AT,
            as_of=AT,
            requested_at=AT,
        )
        ReportSchedule.objects.get_or_create(
            platform=platform, kind="TRANSPARENCY", every="MONTH", defaults={"next_run_at": AT}
        )
        AuthorityRequest.objects.create(
            platform=platform,
            kind="PRESERVE",
            country="DE",
            received_date=AT.date(),
            recorded_by=UserFactory(),
            recorded_at=AT,
        )
        DsaStatement.objects.create(
            decision_id=decision.pk, puid=f"accord-{decision.number}", payload={}, created_at=AT
        )
    return group
