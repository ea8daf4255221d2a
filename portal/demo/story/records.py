"""Verifications, an offer, a claim, a hold, requests of authorities and a published report."""

import os
from datetime import UTC, datetime, timedelta

from groups.actions import claims, transfers
from identity.actions import looks, providers, requests, verifications
from identity.models import Account, VerificationProvider
from identity.models.verifications import Level
from portal.core.actions import holds
from portal.core.actors import Actor
from portal.core.models import Hold
from portal.demo import issuer
from portal.demo.story.cases import Stage
from portal.demo.story.people import BY
from reports.actions import runs
from reports.models import AuthorityRequest


def verify(stage: Stage) -> None:
    """Verify most owners; one attestation has run out, requests wait, one refusal is appealed."""
    officer, at = stage.cast.by("iris"), stage.at
    in_person, email = (
        VerificationProvider.objects.create(
            platform=stage.cast.relay, name=name, kind=kind, level=level, validity_days=days
        )
        for name, kind, level, days in (
            ("In person", VerificationProvider.Kind.MANUAL, Level.SUBSTANTIAL, 730),
            ("Email link", VerificationProvider.Kind.EMAIL, Level.BASIC, 365),
        )
    )
    for who, provider, ago in (
        ("u-ada", in_person, 200),
        ("u-dario", in_person, 90),
        ("u-layla", in_person, 30),
        ("u-ben", email, 400),
        ("u-max", email, 100),
    ):
        verifications.record(
            account=stage.accounts[who],
            provider=provider,
            method="Check in person" if provider == in_person else "Signed link",
            reference=f"chk-{who[2:]}",
            by=officer,
            at=at - timedelta(days=ago),
        )
    providers.add(
        platform=stage.cast.relay,
        name="Relay counters",
        kind=VerificationProvider.Kind.PARTNER,
        level=Level.SUBSTANTIAL,
        validity_days=730,
        by=stage.cast.by("lea"),
        at=at - timedelta(days=60),
    )
    providers.add_openid(
        platform=stage.cast.relay,
        name="Demo identity provider",
        issuer=os.environ.get("DEMO_ISSUER_URL", "http://127.0.0.1:8090"),
        client_id=issuer.CLIENT_ID,
        client_secret=issuer.CLIENT_SECRET,
        level=Level.HIGH,
        validity_days=730,
        by=stage.cast.by("lea"),
        at=at - timedelta(days=30),
    )
    requests.start(
        account=stage.accounts["u-carla"], provider=in_person, by=BY, at=at - timedelta(days=2)
    )
    refused = requests.start(
        account=stage.accounts["u-ben"], provider=in_person, by=BY, at=at - timedelta(days=9)
    )
    requests.take(request=refused, by=officer, at=at - timedelta(days=8))
    requests.decline(
        request=refused,
        reason="The person at the counter was not the one who asked.",
        by=officer,
        at=at - timedelta(days=8),
    )
    requests.appeal(
        request=refused,
        grounds="I sent my brother to ask for the way. It was me who came at three.",
        by=BY,
        at=at - timedelta(days=1),
    )
    looks.start(
        account=stage.accounts["u-ada"],
        purpose="A complaint that somebody else uses the account.",
        by=officer,
        at=at - timedelta(days=20),
    )


def hand_over(stage: Stage) -> None:
    """One group under offer, one without an owner that somebody claims."""
    at, accounts = stage.at, stage.accounts
    transfers.offer(
        group=stage.groups["g-telescope"],
        from_account=accounts["u-dario"],
        to_account=accounts["u-ada"],
        by=person(accounts["u-dario"]),
        at=at - timedelta(days=2),
    )
    claims.claim(
        group=stage.groups["g-orphan"],
        account=accounts["u-layla"],
        by=person(accounts["u-layla"]),
        at=at - timedelta(hours=20),
    )


def person(account: Account) -> Actor:
    assert account.user is not None
    return Actor.user(account.user)


def place_holds(stage: Stage) -> None:
    """One approved hold on a group, one that waits and is overdue for review."""
    at = stage.at
    hold = holds.place(
        platform=stage.cast.relay,
        scope=Hold.Scope.GROUP,
        scope_id=stage.groups["g-crypto"].pk,
        matter="Dispute 2026-17",
        reason="A member claims their deposit back and asked to preserve the records.",
        review_at=at + timedelta(days=50),
        by=stage.cast.by("mina"),
        at=at - timedelta(days=10),
    )
    holds.approve(hold=hold, by=stage.cast.by("lea"), at=at - timedelta(days=9))
    holds.place(
        platform=stage.cast.relay,
        scope=Hold.Scope.ACCOUNT,
        scope_id=stage.accounts["u-x12"].pk,
        matter="Dispute 2026-18",
        reason="The same member, as a witness.",
        review_at=at - timedelta(days=1),
        by=stage.cast.by("noor"),
        at=at - timedelta(days=60),
    )


def count_authority_requests(stage: Stage) -> None:
    for country, kind, outcome, ago in (
        ("DE", AuthorityRequest.Kind.ACT_AGAINST_CONTENT, "COMPLIED", 50),
        ("FR", AuthorityRequest.Kind.PROVIDE_INFORMATION, "REFUSED", 35),
        ("NL", AuthorityRequest.Kind.PROVIDE_INFORMATION, None, 4),
    ):
        received = (stage.at - timedelta(days=ago)).date()
        AuthorityRequest.objects.create(
            platform=stage.cast.relay,
            kind=kind,
            country=country,
            received_date=received,
            outcome=outcome,
            outcome_date=received + timedelta(days=3) if outcome else None,
            recorded_by=stage.cast.staff["lea"],
            recorded_at=stage.at,
        )


def publish_report(stage: Stage) -> None:
    """Make and publish the report of the last whole quarter up to the present month."""
    first = datetime(stage.at.year, stage.at.month, 1, tzinfo=UTC)
    start = (first - timedelta(days=62)).replace(day=1)
    run = runs.request(
        platform=stage.cast.relay, period_from=start, period_to=first, by=BY, at=stage.at
    )
    runs.publish(run=runs.make(run=run, by=BY, at=stage.at), by=stage.cast.by("lea"), at=stage.at)
