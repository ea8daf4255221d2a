"""A small platform with a record of every kind, a second one, and everybody at the door."""

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import time_machine
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.cache import cache
from django.db import connection, transaction

from groups.actions import appeals, claims, events, flags, registry, transfers
from groups.models import Appeal, Case, Decision, LogEntry, RegistryUpload
from portal.core.actions import purge
from portal.core.actors import Actor
from reports import figures
from reports.actions import runs
from tests.admin.records import make_records
from tests.authorisation import digests
from tests.authorisation.people import make_people
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory
from tests.factories.credit import PolicyFactory, SimulationFactory
from tests.factories.events import granted
from tests.factories.groups import FlagFactory, GroupFactory, TenureFactory
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)
from tests.factories.reports import ReportRunFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING, WARN, make_scene

BY_TESTS = Actor.system("tests")
DAY = timedelta(days=1)


@dataclass
class Place:
    """The records of one platform that the matrix names."""

    platform: Any
    group: Any
    # The other platform has a group of the same external id as `group`, none of this one's.
    only_group: Any
    owner: Any
    member: Any
    reporter: Any
    # Open, in the levels of the way a case goes.
    asked: Case
    with_staff: Case
    # Decisions: in effect and not appealed, in effect and appealed, waiting for a second person.
    decision: Decision
    held: Decision
    submitted: Appeal
    in_review: Appeal
    log_entry: LogEntry
    upload: RegistryUpload
    receipt: Any
    hold: Any
    published: Any
    unpublished: Any
    notice: Any
    flag: Any
    decided_flag: Any
    # Of somebody who is not at the door.
    passkey: Any
    # Of nobody who signs in.
    invited: Any
    # Of the policy: a draft, a simulation of it that has not begun, and a finished one.
    version: Any
    waiting: Any
    simulated: Any
    # The owner's, offered to the reporter; and one without an owner, which the reporter claims.
    offered: Any
    transfer: Any
    orphan: Any
    claim: Any
    # Of the owner's verification: providers, requests in three states, an attestation by API.
    partner: Any
    unasked: Any
    openid: Any
    open_request: Any
    taken_request: Any
    refused_request: Any
    link_request: Any
    attested: Any
    reviewer: Any = None
    # Of all platforms: finished, and not followed by a purge.
    dry_run: Any = None
    records: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    here: Place
    there: Place
    people: dict[str, Any]
    # All rows as they were made; every request is taken back.
    rows: Any = None


def make_world():
    here, there = make_place(11), make_place(12)
    purge.run(by=BY_TESTS, at=AT)
    _let_time_pass()
    people = make_people(
        platform=here.platform,
        group=here.group,
        owner=here.owner,
        member=here.reporter,
        elsewhere=there.platform,
    )
    dry_run = purge.run(by=BY_TESTS, at=AT, dry=True)
    for place in (here, there):
        place.dry_run = dry_run
        place.records = {model._meta.label: _one_of(model, place) for model in admin.site._registry}
    return World(here, there, people, digests.versions())


def _let_time_pass():
    """End what holds until the commit, which does not come: checks, and the purge's licence."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accord.purging', '', true)")


def make_place(number):
    scene = make_scene()
    platform = scene.platform
    only_group = make_records(platform, number=number)
    offered = GroupFactory(platform=platform)
    TenureFactory(group=offered, account=scene.owner)
    member_flag = flags.send(
        platform=platform,
        group=scene.group,
        subject=scene.member,
        rule=scene.rule,
        reporter=scene.reporter,
        source="NOTICE",
        statement="They ask members for deposits.",
        excerpts=["Please transfer 50 first."],
        external_id=None,
        by=BY_TESTS,
        at=AT,
    )
    decided, appealed, reviewed = (scenes.another_case(scene, severity="LOW") for _ in range(3))
    decided_flag = FlagFactory(case=decided, reporter=scene.reporter)
    decision = scenes.decide_in_effect(scene, WARN, case=decided)
    submitted = scenes.appeal_against(
        scenes.decide_in_effect(scene, WARN, case=appealed), scene.owner, at=AT
    )
    in_review = scenes.appeal_against(
        scenes.decide_in_effect(scene, WARN, case=reviewed), scene.owner, at=AT
    )
    reviewer = scene.senior()
    in_review = appeals.take(
        appeal=in_review, version=in_review.version, by=Actor.user(reviewer), at=AT
    )
    held = scenes.decide(scenes.another_case(scene), scene.staff(), SUSPEND_OWNING)
    _, receipt = events.receive(
        platform=platform,
        events=[granted("p-logged", group="g-logged", days=-3)],
        by=BY_TESTS,
        at=AT,
    )
    orphan = GroupFactory(
        platform=platform, state="ORPHANED", orphaned_at=AT, claim_due_at=AT + 30 * DAY
    )
    return Place(
        platform=platform,
        offered=offered,
        transfer=transfers.offer(
            group=offered,
            from_account=scene.owner,
            to_account=scene.reporter,
            by=Actor.user(scene.owner.user),
            at=AT,
        ),
        orphan=orphan,
        claim=claims.claim(
            group=orphan, account=scene.reporter, by=Actor.user(scene.reporter.user), at=AT
        ),
        group=scene.group,
        only_group=only_group,
        owner=scene.owner,
        member=scene.member,
        reporter=scene.reporter,
        asked=Case.objects.get(pk=member_flag.case_id),
        with_staff=scene.case,
        decision=decision,
        held=held,
        submitted=submitted,
        in_review=in_review,
        reviewer=reviewer,
        log_entry=LogEntry.objects.get(platform_id=platform.pk),
        upload=registry.upload(
            platform=platform,
            table="GROUPS",
            form="CSV",
            name="groups.csv",
            body=b"group\ng-brought\n",
            by=Actor.user(scene.staff("ADMINISTRATOR")),
            at=AT,
        ),
        receipt=receipt,
        hold=HoldFactory(platform=platform, placed_at=AT),
        published=runs.publish(run=_report(platform, 60), by=BY_TESTS, at=AT),
        unpublished=_report(platform, 30),
        notice=scene.owner.notices.order_by("pk").first(),
        flag=member_flag,
        decided_flag=decided_flag,
        passkey=_passkey(),
        invited=AccountFactory(platform=platform),
        **_draft(platform),
        **_verification(scene.owner),
    )


def _draft(platform):
    draft = PolicyFactory(
        platform=platform, version=80, state="DRAFT", active_from=None, drafted_by=UserFactory()
    )
    waiting = SimulationFactory(policy=draft, state="WAITING", findings=None, finished_at=None)
    return {"version": draft, "waiting": waiting, "simulated": SimulationFactory(policy=draft)}


def _verification(account):
    provider = partial(VerificationProviderFactory, platform=account.platform)
    request = partial(VerificationRequestFactory, account=account)
    partner = provider(kind="PARTNER")
    refused = {"decided_by": UserFactory(), "decided_at": AT, "reason": "It was misread."}
    return {
        "partner": partner,
        "unasked": provider(),
        "openid": provider(
            kind="OIDC", issuer="https://id.example", client_id="accord", client_secret="s"
        ),
        "open_request": request(),
        "taken_request": request(state="IN_REVIEW", taken_by=UserFactory()),
        "refused_request": request(state="DECLINED", **refused),
        "link_request": request(
            provider=provider(kind="EMAIL", level="BASIC"), due_at=AT + DAY, mailed_at=AT
        ),
        "attested": VerificationFactory(account=account, provider=partner),
    }


def _passkey():
    with fixture_rows():
        return Authenticator.objects.create(
            user=UserFactory(),
            type=Authenticator.Type.WEBAUTHN,
            data={"name": "Phone", "credential": {}},
        )


def _report(platform, days):
    """A finished report; typesetting it here would take longer than many of the rows."""
    period = {"platform": platform, "period_from": AT - days * DAY, "period_to": AT, "as_of": AT}
    return ReportRunFactory(**period, figures=figures.get_figures(**period))


def _one_of(model, place):
    """Return a record of the platform, the oldest; some tables belong to no platform."""
    queryset = model._default_manager.order_by("pk")
    label = model._meta.label
    if label == "core.Platform":
        return place.platform
    if label in ("core.PurgeRun", "core.PurgeCertificate", "core.WindowChange"):
        return queryset.first()
    if label == "identity.User":
        return queryset.filter(assignments__platform=place.platform).first()
    if label == "reports.DsaStatement":
        ids = Decision.objects.filter(platform=place.platform).values("pk")
        return queryset.filter(decision_id__in=ids).first()
    path = admin.site._registry[model].platform_path
    wanted = place.platform.pk if path.endswith("_id") else place.platform
    return queryset.filter(**{path: wanted}).first()


@contextmanager
def lasting_world(django_db_blocker):
    """Build the world once for many tests, at noon of the tests' day, and take it away after."""
    # Thousands of requests: their log lines would take longer than they do.
    logging.disable(logging.CRITICAL)
    with django_db_blocker.unblock(), time_machine.travel(AT, tick=False), transaction.atomic():
        cache.clear()
        yield make_world()
        transaction.set_rollback(True)
    cache.clear()
    logging.disable(logging.NOTSET)
