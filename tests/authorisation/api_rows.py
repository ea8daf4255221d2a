"""What partner programs may do: one scope an endpoint, and their own platform only."""

from tests.authorisation.people import Who
from tests.authorisation.rows import ALLOW, HIDDEN, SIGN_IN, get, granted, post
from tests.factories.base import AT
from tests.factories.events import cloud_event


def _event(world, who):
    return cloud_event(group="g-matrix", subject="p-matrix", days=-1)


def _flag(world, who):
    return {
        "id": "report-1",
        "group": world.here.only_group.external_id,
        "subject": world.here.member.external_id,
        "rule": "R-2",
        "statement": "They insult members.",
    }


def _attestation(world, who):
    return {
        "account": world.here.owner.external_id,
        "provider": world.here.partner.name,
        "method": "Seen in person",
        "reference": "chk-1",
        "verified_at": AT.isoformat(),
    }


def _own_group(world, who):
    return {"group": world.here.only_group.external_id}


def _question(world, who):
    return {
        "subject": {"type": "account", "id": world.here.owner.external_id},
        "action": {"name": "own_group"},
        "resource": {"type": "group", "id": world.here.only_group.external_id},
    }


API_ROWS = [
    # The way to a token is the secret of a client, which is in no session and in no token.
    post(
        "api/oauth/token/",
        dict.fromkeys(Who, SIGN_IN),
        data=lambda w, who: {"grant_type": "client_credentials"},
        changes=False,
    ),
    post(
        "api/v1/events",
        granted(Who.EVENTS_CLIENT, foreign=ALLOW),
        data=_event,
        json=True,
        note="from elsewhere it lands elsewhere",
    ),
    get(
        "api/v1/events/receipts/<uuid:id>",
        granted(Who.EVENTS_CLIENT, foreign=HIDDEN),
        params=lambda w: {"id": w.here.receipt.pk},
    ),
    get(
        "api/v1/events",
        granted(Who.EVENTS_CLIENT, foreign=ALLOW),
        note="everybody reads the log of their own platform",
    ),
    get(
        "api/v1/events",
        granted(Who.EVENTS_CLIENT, foreign=HIDDEN),
        data=_own_group,
        of="of a group",
    ),
    get(
        "api/v1/events.<str:form>",
        granted(Who.EVENTS_CLIENT, foreign=HIDDEN),
        params=lambda w: {"form": "ndjson"},
        data=_own_group,
        changes=True,
        note="it leaves an audit entry",
    ),
    post(
        "api/v1/flags",
        granted(Who.FLAGS_CLIENT, foreign=HIDDEN),
        data=_flag,
        json=True,
        hidden=422,
    ),
    get(
        "api/v1/groups",
        granted(Who.GROUPS_CLIENT, foreign=HIDDEN),
        data=lambda w, who: {"external_id": w.here.only_group.external_id},
    ),
    get(
        "api/v1/groups/<uuid:id>/responsible",
        granted(Who.GROUPS_CLIENT, foreign=HIDDEN),
        params=lambda w: {"id": w.here.group.pk},
    ),
    post(
        "api/v1/invitations",
        granted(Who.INVITATIONS_CLIENT, foreign=ALLOW),
        data=lambda w, who: {"account": w.here.invited.external_id},
        json=True,
        note="from elsewhere it is about an account of theirs, which it creates",
    ),
    post(
        "api/v1/verifications",
        granted(Who.VERIFICATIONS_CLIENT, foreign=HIDDEN),
        data=_attestation,
        json=True,
        hidden=422,
    ),
    post(
        "api/v1/verifications/<uuid:id>/revoke",
        granted(Who.VERIFICATIONS_CLIENT, foreign=HIDDEN),
        params=lambda w: {"id": w.here.attested.pk},
        data=lambda w, who: {"reason": "The wrong account."},
        json=True,
    ),
    post(
        "access/v1/evaluation",
        granted(Who.ACCESS_CLIENT, foreign=ALLOW),
        data=_question,
        json=True,
        changes=False,
        note="from elsewhere it is about somebody nobody knows",
    ),
    post(
        "access/v1/evaluations",
        granted(Who.ACCESS_CLIENT, foreign=ALLOW),
        data=lambda w, who: {"evaluations": [_question(w, who)]},
        json=True,
        changes=False,
        note="from elsewhere it is about somebody nobody knows",
    ),
]
