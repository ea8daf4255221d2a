"""What people see of their own groups and cases, and what they may do there."""

from uuid import uuid4

from groups.actions import transfers
from groups.models import Claim, Rule
from identity import email_links, erasure, preferences
from identity.models import Account
from portal.core.actors import Actor
from tests.authorisation.people import Who
from tests.authorisation.rows import (
    DENY,
    GROUP_PEOPLE,
    SIGN_IN,
    SIGNED_IN,
    WHOEVER_SIGNED_IN,
    get,
    post,
    shown,
)
from tests.factories.base import AT

ROLE_HOLDERS = {Who.OWNER, Who.MANAGER}


def _group(world):
    return {"id": world.here.group.pk}


def _case(world):
    return {"reference": world.here.asked.reference}


def _decision(world):
    return {"reference": world.here.decision.reference}


def _appeal(world):
    return {"reference": world.here.submitted.reference}


def _notice(world):
    return {"id": world.here.notice.pk}


def _answer(world, who):
    return {"version": world.here.asked.version, "text": "We removed the messages."}


def _grounds(world, who):
    return {"step": "send", "grounds": "It was somebody else.", "new_facts": ""}


def _withdrawal(world, who):
    return {"version": world.here.submitted.version}


def _erasure(world, who):
    user = world.people[who].user
    mark = erasure.get_plan(user=user, at=AT).mark if user else ""
    return {"seen": mark, "sure": "on"}


def _delegation(world, who):
    manager = Account.objects.get(user=world.people[Who.MANAGER].user)
    return {"account": manager.pk, "answers": "on"}


def _report(world, who):
    rule = Rule.objects.get(platform=world.here.platform, code="R-2", retired_at=None)
    user = world.people[who].user
    own = Account.objects.filter(user=user, platform=world.here.platform).first() if user else None
    return {
        "token": str(uuid4()),
        "account": str((own or world.here.reporter).pk),
        "group": world.here.only_group.external_id,
        "rule": str(rule.pk),
        "statement": "They insult members.",
    }


def _named_report(world, who):
    # An account of another platform answers as nobody at all does.
    return _report(world, who) | {"subject": world.there.owner.external_id}


def _details(world, who):
    user = world.people[who].user
    seen = preferences.mark_of(user) if user else ""
    return {"seen": seen, "name": "Anna", "language": "de", "timezone": "Europe/Berlin"}


def _request(name):
    return lambda world: {"id": getattr(world.here, name).pk}


def _link(world):
    asked = world.here.link_request
    return {"token": email_links.token_for(asked.pk, address=asked.account.user.email)}


def _transfer(world):
    return {"id": world.here.transfer.pk}


def _claim(world):
    return {"id": world.here.claim.pk}


def _accepted(world, who):
    """Make the offer one that was accepted, so that it can be taken back."""
    by = Actor.user(world.here.reporter.user)
    transfers.accept(transfer=world.here.transfer, by=by, at=AT)


def _offer(world, who):
    return {"step": "send", "recipient": world.here.member.external_id}


def _claiming(world, who):
    user = world.people[who].user
    own = Account.objects.filter(user=user, platform=world.here.platform).first() if user else None
    account = own or world.here.member
    return {"step": "send", "account": str(account.pk), "group": world.here.orphan.external_id}


def _nobody_claims(world, who):
    Claim.objects.filter(pk=world.here.claim.pk).update(state="CANCELLED", ended_at=AT)


LISTS = [
    "",
    "claims/",
    "groups/",
    "cases/",
    "notices/",
    "report/",
    "account/",
    "account/data/",
    "account/data.json",
    "account/erase/",
    "duties/",
]


def _pages(route, cells, **options):
    """A page that asks once more by GET, and acts by POST only."""
    return [get(route, cells, **options), post(route, cells, **options)]


DASHBOARD_ROWS = [
    *(get(route, WHOEVER_SIGNED_IN) for route in LISTS),
    get("groups/<str:id>/", shown(ROLE_HOLDERS), params=_group),
    get("groups/<str:id>/cases/", shown(ROLE_HOLDERS), params=_group),
    get("groups/<str:id>/people/", shown(ROLE_HOLDERS), params=_group),
    get(
        "groups/<str:id>/people.csv",
        shown(ROLE_HOLDERS),
        params=_group,
        changes=True,
        note="it leaves an audit entry",
    ),
    get("groups/<str:id>/record/", shown(ROLE_HOLDERS), params=_group),
    get("groups/<str:id>/record.csv", shown(ROLE_HOLDERS), params=_group),
    get("groups/<str:id>/log/", shown(ROLE_HOLDERS), params=_group),
    get(
        "groups/<str:id>/log.<str:form>",
        shown(ROLE_HOLDERS),
        params=lambda w: {"id": w.here.group.pk, "form": "csv"},
        changes=True,
        note="it leaves an audit entry",
    ),
    get("groups/<str:id>/hand-over/", shown(Who.OWNER), params=_group),
    post("groups/<str:id>/hand-over/", shown(Who.OWNER), params=_group, data=_offer),
    get("offers/<str:id>/", shown(Who.OWNER, Who.MEMBER), params=_transfer),
    *_pages("offers/<str:id>/accept/", shown(Who.MEMBER), params=_transfer),
    *_pages("offers/<str:id>/decline/", shown(Who.MEMBER), params=_transfer),
    *_pages("offers/<str:id>/cancel/", shown(Who.OWNER), params=_transfer),
    *_pages("offers/<str:id>/take-back/", shown(Who.OWNER), params=_transfer, before=_accepted),
    # Staff have no account on the platform, and nobody claims under somebody else's.
    post("claims/", shown(GROUP_PEOPLE), data=_claiming, before=_nobody_claims, hidden=422),
    get("claims/<str:id>/", shown(Who.MEMBER), params=_claim),
    *_pages("claims/<str:id>/withdraw/", shown(Who.MEMBER), params=_claim),
    get("cases/<str:reference>/", shown(ROLE_HOLDERS), params=_case),
    post("cases/<str:reference>/", shown(ROLE_HOLDERS), params=_case, data=_answer),
    get(
        "cases/<str:reference>/",
        shown(),
        params=lambda w: {"reference": w.here.with_staff.reference},
        of="open, about the owner",
    ),
    get("decisions/<str:reference>/", shown(ROLE_HOLDERS), params=_decision),
    get(
        "decisions/<str:reference>/",
        shown(),
        params=lambda w: {"reference": w.here.held.reference},
        of="waits for its second person",
    ),
    get("decisions/<str:reference>/appeal/", shown(ROLE_HOLDERS), params=_decision),
    post(
        "decisions/<str:reference>/appeal/",
        # The decision is about the owner; a manager reads it and cannot appeal for them.
        shown(Who.OWNER) | {Who.MANAGER: DENY},
        params=_decision,
        data=_grounds,
        denied=409,
    ),
    get("appeals/<str:reference>/", shown(Who.OWNER), params=_appeal),
    get("appeals/<str:reference>/withdraw/", shown(Who.OWNER), params=_appeal),
    post(
        "appeals/<str:reference>/withdraw/",
        shown(Who.OWNER),
        params=_appeal,
        data=_withdrawal,
    ),
    get("notices/<str:id>/", shown(Who.OWNER), params=_notice),
    post("notices/<str:id>/read/", shown(Who.OWNER), params=_notice),
    # Staff have no account on the platform, and nobody reports under somebody else's.
    post("report/", shown(GROUP_PEOPLE), data=_report, hidden=422),
    post("report/", shown(GROUP_PEOPLE), data=_named_report, hidden=422, of="names somebody"),
    get(
        "report/sent/<str:id>/",
        shown(Who.MEMBER),
        params=lambda w: {"id": w.here.flag.pk},
    ),
    get(
        "report/sent/<str:id>/appeal/",
        shown(Who.MEMBER),
        params=lambda w: {"id": w.here.decided_flag.pk},
    ),
    post(
        "report/sent/<str:id>/appeal/",
        shown(Who.MEMBER),
        params=lambda w: {"id": w.here.decided_flag.pk},
        data=_grounds,
    ),
    get(
        "account/<str:id>/standing/",
        shown(Who.OWNER),
        params=lambda w: {"id": w.here.owner.pk},
    ),
    *(
        get(f"account/<str:id>/{page}", shown(Who.OWNER), params=lambda w: {"id": w.here.owner.pk})
        for page in ("record/", "record.csv", "roles.csv")
    ),
    get(
        "account/<str:id>/verification/",
        shown(Who.OWNER),
        params=lambda w: {"id": w.here.owner.pk},
    ),
    post(
        "account/<str:id>/verification/",
        shown(Who.OWNER),
        params=lambda w: {"id": w.here.owner.pk},
        data=lambda w, who: {"provider": str(w.here.unasked.pk)},
    ),
    get("verifications/<str:id>/withdraw/", shown(Who.OWNER), params=_request("open_request")),
    post(
        "verifications/<str:id>/withdraw/",
        shown(Who.OWNER),
        params=_request("open_request"),
        data=lambda w, who: {"state": "PENDING"},
    ),
    get("verifications/<str:id>/appeal/", shown(Who.OWNER), params=_request("refused_request")),
    post(
        "verifications/<str:id>/appeal/",
        shown(Who.OWNER),
        params=_request("refused_request"),
        data=lambda w, who: {"grounds": "It was misread."},
    ),
    get(
        "verifications/<str:id>/continue/",
        shown(Who.OWNER),
        params=_request("open_request"),
        note="of another kind: it leads back; tests/identity/openid go all the way",
    ),
    get(
        "verifications/back/",
        dict.fromkeys(Who, SIGN_IN) | dict.fromkeys(SIGNED_IN, DENY),
        denied=409,
        note="nobody here left for a provider",
    ),
    get("verifications/link/<str:token>/", shown(Who.OWNER), params=_link),
    post("verifications/link/<str:token>/", shown(Who.OWNER), params=_link),
    post(
        "duties/",
        shown(Who.OWNER),
        data=lambda w, who: {
            "account": w.here.owner.pk,
            "duties": w.here.records["groups.Duties"].pk,
        },
    ),
    post(
        "groups/<str:id>/people/answering/",
        shown(Who.OWNER),
        params=_group,
        data=_delegation,
    ),
    post("account/", WHOEVER_SIGNED_IN, data=_details),
    post(
        "account/erase/",
        WHOEVER_SIGNED_IN | dict.fromkeys(SIGNED_IN - GROUP_PEOPLE, DENY),
        data=_erasure,
        denied=409,
        note="whoever is on the staff leaves it first",
    ),
]
