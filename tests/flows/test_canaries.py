"""Bar 27: what people say about identity stays in its own fields, whatever happens around it.

Canaries go through every surface, also through errors, and are then looked for in the logs, in
messages to the broker, in webhooks, in exports and in addresses.
"""

import re

import pytest
import time_machine
from celery.signals import before_task_publish
from django.test import Client
from django.urls import reverse

from groups.actions import templates, verification_notices
from identity.actions import requests
from identity.models import Account, User, Verification, VerificationRequest
from identity.roles import Role
from portal.celery import BEAT_SCHEDULE, app
from portal.core.models import AuditEntry, OutboxEvent
from tests import partners, production_logs
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.identity import (
    VerificationProviderFactory,
    VerificationRequestFactory,
    staff_user,
)
from tests.groups import scene as scenes
from tests.groups.ingesting import BY

pytestmark = pytest.mark.django_db(transaction=True)

CANARIES = {
    "name": "canary-name",
    "display name": "canary-display",
    "mail": "canary@example.org",
    "method": "canary-method",
    "reference": "canary-reference",
    "reason": "canary-reason",
    "grounds": "canary-grounds",
    "purpose": "canary-purpose",
    "revocation": "canary-revocation",
    "statement": "canary-statement",
    "excerpt": "canary-excerpt",
    "browser": "canary-browser",
    "address": "203.0.113.77",
}
C = CANARIES
SENT = {"_form_submitted": "on"}
ADDRESSES = re.compile(r"""(?:href|src|action|hx-\w+)=["']([^"']*)""")


class Seen:
    """Everything that left Accord, by the way that it took."""

    def __init__(self):
        self.urls, self.broker, self.pages = [], [], 0

    def of(self, response):
        self.pages += 1
        self.urls += [response.request["PATH_INFO"], response.headers.get("Location", "")]
        if "html" in response.headers.get("Content-Type", ""):
            self.urls += ADDRESSES.findall(response.content.decode())
        return response


class Visitor:
    """A client of which everything is seen, errors included."""

    def __init__(self, client, seen):
        self.client, self.seen = client, seen
        client.raise_request_exception = False
        client.defaults |= {"HTTP_USER_AGENT": C["browser"], "REMOTE_ADDR": C["address"]}

    def get(self, url, **more):
        return self.seen.of(self.client.get(url, **more))

    def post(self, url, data, *args, **more):
        return self.seen.of(self.client.post(url, data, *args, **more))


@pytest.fixture
def seen():
    found = Seen()

    def note(sender, headers, body, **_):
        found.broker.append(f"{sender} {headers} {body}")

    before_task_publish.connect(note)
    yield found
    before_task_publish.disconnect(note)


@pytest.fixture
def scene():
    made = scenes.make_scene()
    templates.install_defaults(platform=made.platform, by=BY, at=AT)
    Account.objects.filter(pk=made.owner.pk).update(display_name=C["display name"])
    User.objects.filter(pk=made.owner.user_id).update(email=C["mail"], name=C["name"])
    made.owner.refresh_from_db()
    return made


@pytest.fixture
def owner(scene, seen):
    client = Client()
    client.force_login(scene.owner.user, backend="django.contrib.auth.backends.ModelBackend")
    return Visitor(client, seen)


@pytest.fixture
def officers(scene, seen):
    return [
        Visitor(enter(staff_user(scene.platform, Role.IDENTITY_OFFICER)), seen) for _ in range(2)
    ]


def step(record, name):
    kind = f"{record._meta.app_label}_{record._meta.model_name}"
    return reverse(f"admin:{kind}_{name}", args=[record.pk])


def verify_and_refuse(scene, owner, officers):
    """A request declined, appealed and approved by another officer; looked at; revoked."""
    provider = VerificationProviderFactory(platform=scene.platform)
    ask = reverse("groups:verification", args=[scene.owner.pk])
    owner.post(ask, {"provider": provider.pk})
    asked = VerificationRequest.objects.get(account=scene.owner)
    first, second = officers
    first.post(step(asked, "take_request"), SENT)
    first.post(step(asked, "decline_request"), SENT | {"reason": C["reason"] * 60})
    first.post(step(asked, "decline_request"), SENT | {"reason": C["reason"]})
    appeal = reverse("groups:verification_appeal", args=[asked.pk])
    owner.post(appeal, {"grounds": C["grounds"] * 200})
    owner.post(appeal, {"grounds": C["grounds"]})
    anew = VerificationRequest.objects.get(appeals=asked)
    first.post(step(anew, "take_request"), SENT)
    second.post(step(anew, "take_request"), SENT)
    said = {"method": C["method"], "reference": C["reference"]}
    second.post(step(anew, "approve_request"), SENT | said)
    second.post(step(anew, "approve_request"), SENT | said)
    second.post(step(scene.owner, "see_identity"), SENT | {"purpose": C["purpose"]})
    second.get(reverse("admin:identity_account_change", args=[scene.owner.pk]))
    held = Verification.objects.get(account=scene.owner)
    verification_notices.tell(by=BY, at=AT, limit=9)
    second.post(step(held, "revoke_verification"), SENT | {"reason": C["revocation"]})
    held.refresh_from_db()
    assert (held.method, held.revoked_reason) == (C["method"], C["revocation"])


def attest_by_api(scene, seen):
    provider = VerificationProviderFactory(
        platform=scene.platform, kind="PARTNER", name="Counter", level="HIGH"
    )
    partner = Visitor(Client(), seen)
    headers = partners.bearer(scene.platform, "verifications flags")
    body = {
        "account": scene.owner.external_id,
        "provider": provider.name,
        "method": C["method"],
        "reference": C["reference"],
    }
    url = "/api/v1/verifications"
    for given in (body, body | {"account": "nobody"}, body | {"method": C["method"] * 99}):
        partner.post(url, given, "application/json", headers=headers)
    # Half a document: the parser stops in the middle of it.
    partner.post(url, '{"method": "' + C["method"], "application/json", headers=headers)
    report = {
        "group": scene.group.external_id,
        "rule": scene.rule.code,
        "statement": C["statement"],
        "excerpts": [C["excerpt"]],
    }
    partner.post("/api/v1/flags", report, "application/json", headers=headers)
    partner.post("/api/v1/flags", report | {"rule": "R-0"}, "application/json", headers=headers)


def walk(scene, owner, officers, seen, monkeypatch):
    verify_and_refuse(scene, owner, officers)
    attest_by_api(scene, seen)
    owner.get(reverse("groups:people", args=[scene.group.pk]))
    people = owner.get(reverse("groups:people_csv", args=[scene.group.pk])).content.decode()
    log = b"".join(owner.get(reverse("groups:log_file", args=[scene.group.pk, "csv"])))
    for page in ("account", "own_data", "erase", "notices", "home"):
        owner.get(reverse(f"groups:{page}"))
    fail_everywhere(owner, officers, scene, monkeypatch)
    for entry in BEAT_SCHEDULE.values():
        app.send_task(entry["task"])
    return [people, log.decode()]


def fail_everywhere(owner, officers, scene, monkeypatch):
    """A bug that quotes what it was given, and a database that quotes the row."""

    def bug(**given):
        raise ValueError(f"cannot handle {given} {C['grounds']} {C['mail']}")

    monkeypatch.setattr(requests, "start", bug)
    monkeypatch.setattr(requests, "take", bug)
    provider = VerificationProviderFactory(platform=scene.platform, name="Another")
    ask = reverse("groups:verification", args=[scene.owner.pk])
    assert owner.post(ask, {"provider": provider.pk}).status_code == 500
    asked = VerificationRequestFactory(account=scene.owner, provider=provider)
    assert officers[0].post(step(asked, "take_request"), SENT).status_code == 500


def test_no_canary_leaves_by_a_way_that_is_not_its_own(scene, owner, officers, seen, monkeypatch):
    with time_machine.travel(AT, tick=True), production_logs.caught() as stream:
        exports = walk(scene, owner, officers, seen, monkeypatch)
    logged = stream.getvalue()
    hooks = "\n".join(f"{row.subject} {row.data}" for row in OutboxEvent.objects.all())
    audit = "\n".join(f"{row.old} {row.new} {row.actor_label}" for row in AuditEntry.objects.all())
    ways = {
        "logs": logged,
        "broker": "\n".join(seen.broker),
        "webhooks": hooks,
        "exports": "\n".join(exports).replace(C["display name"], ""),
        "addresses": "\n".join(seen.urls),
        "audit": audit,
    }

    # Every way was walked: an empty text would prove nothing.
    assert [way for way, text in ways.items() if len(text) < 200] == []
    assert seen.pages > 25
    assert "ValueError: <withheld>" in logged
    assert len(seen.broker) == len(BEAT_SCHEDULE)
    found = [
        f"{name} in {way}"
        for way, text in ways.items()
        for name, value in C.items()
        if value in text
    ]
    assert found == []
