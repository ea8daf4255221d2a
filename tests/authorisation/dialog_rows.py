"""What staff may do in the dialogs of the admin."""

import json
from datetime import timedelta

from identity import erasure
from tests.authorisation.admin_rows import AUDITORS, FOREIGN, HOLDERS, WORKERS
from tests.authorisation.people import Who
from tests.authorisation.rows import HIDDEN, get, opened, post
from tests.factories.base import AT

# A port at which Accord asks nobody.
NOBODY_THERE = {"issuer": "http://127.0.0.1:9", "client_id": "accord"}
SENT = {"_form_submitted": "on"}


def _day(days):
    return (AT + timedelta(days=days)).date().isoformat()


def _new_hold(world, who):
    return SENT | {"matter": "Order 12", "reason": "A court asked.", "review": _day(60)}


def _period(world, who):
    place = world.there if who is FOREIGN else world.here
    return SENT | {"platform": place.platform.pk, "first": _day(-20), "last": _day(-10)}


def _unpublished(world):
    return {"object_id": world.here.unpublished.pk}


def _hold(world):
    return {"object_id": world.here.hold.pk}


def _named_hold(world, who):
    place = world.there if who is FOREIGN else world.here
    covered = {"platform": place.platform.pk, "scope": "GROUP", "named": place.group.external_id}
    return _new_hold(world, who) | covered


def _window(world, who):
    """A longer one, which deletes nothing that somebody had to see before."""
    return SENT | {"data_class": "closed cases", "days": 1000, "reason": "A law asks for it."}


def _proposed(world):
    return {"object_id": world.here.records["core.WindowChange"].pk}


def dialog(route, cells, **options):
    """A dialog is a page by GET, and acts by POST only."""
    opening = {name: value for name, value in options.items() if name in ("params", "before")}
    return [get(route, cells, **opening), post(route, cells, **options)]


def _erasure(world, who):
    plan = erasure.get_account_plan(account=world.here.owner, at=AT)
    return SENT | {"seen": plan.mark, "typed": world.here.owner.external_id}


def _new_provider(world, who):
    place = world.there if who is FOREIGN else world.here
    chosen = {"platform": place.platform.pk, "name": "Counter", "kind": "MANUAL"}
    return SENT | chosen | {"level": "SUBSTANTIAL", "validity_days": 365}


def _new_duties(world, who):
    place = world.there if who is FOREIGN else world.here
    return SENT | {"platform": place.platform.pk, "text_en": "You answer.", "text_de": ""}


def _new_openid(world, who):
    return _new_provider(world, who) | NOBODY_THERE | {"client_secret": "s-1"}


def _openid(world):
    return {"object_id": world.here.openid.pk}


def _changed_provider(world, who):
    provider = world.here.unasked
    seen = {"seen": json.dumps(provider.terms)}
    return SENT | seen | {"name": "Desk", "level": "BASIC", "validity_days": 30}


REQUEST = "admin/identity/verificationrequest/<path:object_id>/"


def _asked(name):
    return lambda world: {"object_id": getattr(world.here, name).pk}


def _adjustment(world):
    return {"object_id": world.here.records["credit.Adjustment"].pk}


ADJUSTMENT = "admin/credit/adjustment/<path:object_id>/"
HOLD = "admin/core/hold/<path:object_id>/"
WINDOW = "admin/core/windowchange/<path:object_id>/"
# Whoever may change windows does so for all platforms.
WINDOW_KEEPERS = opened(Who.ADMINISTRATOR, Who.FOREIGN_STAFF)
DIALOGS = [
    *(
        row
        for label in ("core.Platform", "identity.Account", "groups.Case", "groups.Group")
        for row in dialog(
            f"admin/{label.lower().replace('.', '/')}/<path:object_id>/hold/",
            opened(HOLDERS),
            params=lambda w, label=label: {"object_id": w.here.records[label].pk},
            data=_new_hold,
        )
    ),
    *dialog("admin/core/hold/place_any_hold/", opened(HOLDERS, FOREIGN), data=_named_hold),
    *dialog(
        "admin/identity/verificationprovider/add_provider/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=_new_provider,
    ),
    *dialog(
        "admin/identity/verificationprovider/<path:object_id>/change_provider/",
        opened(Who.ADMINISTRATOR),
        params=_asked("unasked"),
        data=_changed_provider,
    ),
    get(
        "admin/identity/verificationprovider/add_openid/",
        opened(Who.ADMINISTRATOR, FOREIGN),
    ),
    post(
        "admin/identity/verificationprovider/add_openid/",
        opened(),
        data=_new_openid,
        changes=False,
        denied=409,
        note="whoever may is told that it is no issuer: tests/admin/test_openid_providers.py",
    ),
    get(
        "admin/identity/verificationprovider/<path:object_id>/reconnect/",
        opened(Who.ADMINISTRATOR),
        params=_openid,
    ),
    post(
        "admin/identity/verificationprovider/<path:object_id>/reconnect/",
        opened(),
        params=_openid,
        data=lambda w, who: SENT | NOBODY_THERE,
        changes=False,
        denied=409,
        note="the same",
    ),
    *dialog(
        REQUEST + "take_request/",
        opened(Who.OFFICER),
        params=_asked("open_request"),
        data=lambda w, who: SENT,
    ),
    *dialog(
        REQUEST + "approve_request/",
        opened(Who.OFFICER),
        params=_asked("taken_request"),
        data=lambda w, who: SENT | {"method": "Seen in person", "reference": "chk-1"},
    ),
    *dialog(
        REQUEST + "decline_request/",
        opened(Who.OFFICER),
        params=_asked("taken_request"),
        data=lambda w, who: SENT | {"reason": "It was somebody else."},
    ),
    *dialog(
        "admin/identity/account/<path:object_id>/see_identity/",
        opened(Who.OFFICER),
        params=lambda w: {"object_id": w.here.owner.pk},
        data=lambda w, who: SENT | {"purpose": "An appeal."},
    ),
    *dialog(
        "admin/identity/verification/<path:object_id>/revoke_verification/",
        opened(Who.OFFICER),
        params=lambda w: {"object_id": w.here.records["identity.Verification"].pk},
        data=lambda w, who: SENT | {"reason": "It was somebody else."},
    ),
    *dialog(
        "admin/identity/account/<path:object_id>/erase/",
        opened(Who.ADMINISTRATOR),
        params=lambda w: {"object_id": w.here.owner.pk},
        data=_erasure,
    ),
    *dialog(
        "admin/credit/sanction/<path:object_id>/lift_early/",
        opened(Who.SENIOR),
        params=lambda w: {"object_id": w.here.records["credit.Sanction"].pk},
        data=lambda w, who: SENT | {"reason": "It was long enough."},
    ),
    *dialog(
        "admin/credit/standing/<path:object_id>/propose_adjustment/",
        opened(WORKERS),
        params=lambda w: {"object_id": w.here.owner.pk},
        data=lambda w, who: SENT | {"points": 1, "reason": "A wrong clock."},
    ),
    *(
        row
        for step in ("approve", "decline")
        for row in dialog(
            ADJUSTMENT + f"{step}_adjustment/",
            opened(Who.SENIOR),
            params=_adjustment,
            data=lambda w, who: SENT,
        )
    ),
    *dialog(
        ADJUSTMENT + "withdraw_adjustment/",
        opened(),
        params=_adjustment,
        data=lambda w, who: SENT,
        note="only whoever proposed it: tests/admin/test_adjustments.py",
    ),
    *dialog(
        "admin/groups/group/<path:object_id>/give_more_time/",
        opened(Who.REVIEWER, Who.SENIOR),
        params=lambda w: {"object_id": w.here.orphan.pk},
        data=lambda w, who: SENT | {"reason": "Talks go on."},
    ),
    *dialog(
        "admin/groups/duties/publish/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=_new_duties,
    ),
    *dialog(HOLD + "approve_hold/", opened(HOLDERS), params=_hold, data=lambda w, who: SENT),
    *dialog(
        HOLD + "extend_hold/",
        opened(HOLDERS),
        params=_hold,
        data=lambda w, who: SENT | {"review": _day(80)},
    ),
    *dialog(
        HOLD + "release_hold/",
        opened(HOLDERS),
        params=_hold,
        data=lambda w, who: SENT | {"reason": "The matter is closed."},
    ),
    *(
        row
        for step in ("accept", "decline")
        for row in dialog(
            f"admin/groups/claim/<path:object_id>/{step}_claim/",
            opened(WORKERS),
            params=lambda w: {"object_id": w.here.claim.pk},
            data=lambda w, who: SENT,
        )
    ),
    *dialog("admin/core/windowchange/propose_window/", WINDOW_KEEPERS, data=_window),
    *dialog(WINDOW + "approve_window/", WINDOW_KEEPERS, params=_proposed, data=lambda w, who: SENT),
    *dialog(
        WINDOW + "withdraw_window/", WINDOW_KEEPERS, params=_proposed, data=lambda w, who: SENT
    ),
    # A purge runs over all platforms, so whoever may run one anywhere may run it.
    *dialog(
        "admin/core/purgerun/start_dry_run/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=lambda w, who: SENT,
    ),
    *dialog(
        "admin/core/purgerun/<path:object_id>/start_purge/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        params=lambda w: {"object_id": w.here.dry_run.pk},
        data=lambda w, who: SENT,
    ),
    get(
        "admin/core/purgerun/<uuid:run_id>/progress/",
        opened(AUDITORS, FOREIGN) | dict.fromkeys(WORKERS | {Who.OFFICER}, HIDDEN),
        params=lambda w: {"run_id": w.here.dry_run.pk},
    ),
    *(
        get(
            "admin/core/purgecertificate/<uuid:certificate_id>/certificate.<str:form>",
            opened(AUDITORS, FOREIGN) | dict.fromkeys(WORKERS | {Who.OFFICER}, HIDDEN),
            params=lambda w, form=form: {
                "certificate_id": w.here.records["core.PurgeCertificate"].pk,
                "form": form,
            },
            of=form,
        )
        for form in ("json", "pdf")
    ),
    # Staff from elsewhere are offered their own platforms only.
    *dialog("admin/reports/reportrun/run_report/", opened(AUDITORS, FOREIGN), data=_period),
    get(
        "admin/reports/reportrun/<uuid:run_id>/report.<str:form>",
        opened(AUDITORS, foreign=HIDDEN) | dict.fromkeys(WORKERS | {Who.OFFICER}, HIDDEN),
        params=lambda w: {"run_id": w.here.unpublished.pk, "form": "pdf"},
        changes=True,
        note="it leaves an audit entry",
    ),
    *dialog(
        "admin/reports/reportrun/<path:object_id>/publish_report/",
        opened(Who.ADMINISTRATOR),
        params=_unpublished,
        data=lambda w, who: SENT,
    ),
]

# --- the frame -------------------------------------------------------------------------------
