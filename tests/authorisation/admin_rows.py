"""What staff see and do in the admin: lists, records, dialogs and the pages of the work."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from groups.actions import appeals, cases
from groups.admin.work import deciding, forms, reviewing
from groups.models import Appeal, Case
from groups.registry import plans
from portal.core.actors import Actor
from tests.authorisation.people import Who
from tests.authorisation.rows import (
    ADMIN_DOOR,
    ALL_STAFF,
    ALLOW,
    HIDDEN,
    SIGN_IN,
    get,
    opened,
    post,
)
from tests.factories.base import AT

FOREIGN = Who.FOREIGN_STAFF
WORKERS = {Who.REVIEWER, Who.SENIOR}
AUDITORS = {Who.AUDITOR, Who.ADMINISTRATOR}
HOLDERS = {Who.SENIOR, Who.ADMINISTRATOR}

# Who sees the list of a kind of record, and the page of one on their platform.
RECORDS = {
    "core.Platform": ALL_STAFF,
    "core.AuditEntry": AUDITORS,
    "core.Hold": HOLDERS | {Who.AUDITOR},
    "core.PurgeRun": AUDITORS,
    "core.PurgeCertificate": AUDITORS,
    "core.WindowChange": AUDITORS,
    "core.WebhookEndpoint": {Who.ADMINISTRATOR},
    "core.WebhookDelivery": {Who.ADMINISTRATOR},
    "core.OutboxEvent": {Who.ADMINISTRATOR},
    "identity.Account": ALL_STAFF,
    "identity.ApiClient": {Who.ADMINISTRATOR},
    "identity.IdentityAccess": AUDITORS,
    "identity.StaffAssignment": AUDITORS,
    "identity.User": AUDITORS,
    "identity.Verification": ALL_STAFF,
    "identity.VerificationProvider": {Who.OFFICER, Who.ADMINISTRATOR},
    "identity.VerificationRequest": {Who.OFFICER},
    "credit.Adjustment": ALL_STAFF,
    "credit.LedgerEntry": ALL_STAFF,
    "credit.Policy": ALL_STAFF,
    "credit.Sanction": ALL_STAFF,
    "credit.Simulation": ALL_STAFF,
    "credit.Standing": ALL_STAFF,
    "groups.Acknowledgement": ALL_STAFF,
    "groups.Appeal": ALL_STAFF,
    "groups.Case": ALL_STAFF,
    "groups.Claim": ALL_STAFF,
    "groups.Decision": ALL_STAFF,
    "groups.Duties": ALL_STAFF,
    "groups.Flag": ALL_STAFF,
    "groups.Group": ALL_STAFF,
    "groups.HeldLogEntry": ALL_STAFF,
    "groups.ImportRun": ALL_STAFF,
    "groups.Notice": ALL_STAFF,
    "groups.NoticeTemplate": ALL_STAFF,
    "groups.RoleEvent": ALL_STAFF,
    "groups.Rule": ALL_STAFF,
    "groups.Tenure": ALL_STAFF,
    "groups.Transfer": ALL_STAFF,
    "reports.AuthorityRequest": AUDITORS,
    "reports.DsaStatement": AUDITORS,
    "reports.ReportRun": AUDITORS,
    "reports.ReportSchedule": AUDITORS,
}
# Purges and windows are of all platforms and name no member of any.
OVER_ALL = {"core.PurgeRun", "core.PurgeCertificate", "core.WindowChange"}


def _records(label, allowed):
    base = "admin/" + label.lower().replace(".", "/") + "/"
    one = lambda w: {"object_id": w.here.records[label].pk}  # noqa: E731
    foreign = ALLOW if label in OVER_ALL else HIDDEN
    return [
        # Staff from elsewhere see the same list with their own records in it.
        get(base, opened(allowed, FOREIGN)),
        get(f"{base}<path:object_id>/change/", opened(allowed, foreign=foreign), params=one),
        # Nothing is ever saved by these pages.
        post(f"{base}<path:object_id>/change/", ADMIN_DOOR, params=one),
        # Leads to the page above, whatever the id.
        get(f"{base}<path:object_id>/", opened(ALL_STAFF, FOREIGN), params=one),
    ]


# --- the work --------------------------------------------------------------------------------


def _case(world):
    return {"pk": world.here.with_staff.pk}


def _version(world, who):
    return {"version": Case.objects.get(pk=world.here.with_staff.pk).version}


def _note(world, who):
    return _version(world, who) | {"text": "Asked the platform."}


def _claim(world, who):
    case = Case.objects.get(pk=world.here.with_staff.pk)
    user = world.people[who].user
    if who in WORKERS:
        cases.claim(case=case, user=user, version=case.version, by=Actor.user(user), at=AT)


def _decision(world, who):
    """A warning, with the effect that was shown before."""
    case = Case.objects.get(pk=world.here.with_staff.pk)
    sent = {
        "version": case.version,
        "outcome": "MEASURES",
        "facts": "Three members were asked for deposits.",
        "reasons": "The rule on scams forbids it.",
        "ground": "INCOMPATIBLE_CONTENT",
        "measures-TOTAL_FORMS": 1,
        "measures-INITIAL_FORMS": 0,
        "measures-0-kind": "WARN",
        "measures-0-where": "PLATFORM",
    }
    draft = forms.Drafted.sent(case, sent_as_form(sent))
    assert draft.is_valid
    return sent | {"seen": forms.digest(deciding.foresee(draft))}


def sent_as_form(values):
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in values.items()})
    return data


def _held(world):
    return {"pk": world.here.held.pk}


def _submitted(world):
    return {"pk": world.here.submitted.pk}


def _appeal_version(world, who):
    return {"version": Appeal.objects.get(pk=world.here.submitted.pk).version}


def _take(world, who):
    """The appeal is with whoever asks, if it could be."""
    if who is Who.SENIOR:
        appeal = Appeal.objects.get(pk=world.here.submitted.pk)
        by = Actor.user(world.people[who].user)
        appeals.take(appeal=appeal, version=appeal.version, by=by, at=AT)


def _outcome(world, who):
    """A reversal, with the effect that was shown before."""
    sent = _appeal_version(world, who) | {
        "outcome": "REVERSED",
        "reasons": "It was somebody else.",
        "measures-TOTAL_FORMS": 0,
        "measures-INITIAL_FORMS": 0,
    }
    draft = reviewing.Draft.sent(Appeal.objects.get(**_submitted(world)), sent_as_form(sent))
    assert draft.is_valid
    return sent | {"seen": reviewing.digest(reviewing.foresee(draft))}


CASE = "admin/work/case/<uuid:pk>/"
DECISION = "admin/work/decision/<uuid:pk>/"
APPEAL = "admin/work/appeal/<uuid:pk>/"
working = opened(WORKERS, foreign=HIDDEN)
seniors = opened(Who.SENIOR, foreign=HIDDEN)
readers = opened(ALL_STAFF, foreign=HIDDEN)

WORK = [
    post("admin/work/take-next/", opened(WORKERS, FOREIGN)),
    get("admin/work/keys/", opened(ALL_STAFF, FOREIGN)),
    post("admin/work/keys/", opened(ALL_STAFF, FOREIGN), data=lambda w, who: {"keys": "off"}),
    get(CASE, readers, params=_case),
    post(CASE + "claim/", working, params=_case, data=_version),
    post(CASE + "release/", working, params=_case, data=_version, before=_claim),
    post(CASE + "renew/", working, params=_case, before=_claim),
    post(CASE + "viewing/", readers, params=_case, changes=False),
    post(CASE + "note/", working, params=_case, data=_note),
    post(CASE + "preview/", working, params=_case, data=_decision, changes=False),
    post(CASE + "edit/", working, params=_case, data=_decision, changes=False),
    post(CASE + "decide/", working, params=_case, data=_decision),
    get(DECISION, readers, params=_held),
    post(DECISION + "approve/", seniors, params=_held),
    post(DECISION + "return/", seniors, params=_held, data=lambda w, who: {"reason": "Facts?"}),
    get(APPEAL, readers, params=_submitted),
    post(APPEAL + "take/", seniors, params=_submitted, data=_appeal_version),
    post(
        APPEAL + "preview/", seniors, params=_submitted, data=_outcome, before=_take, changes=False
    ),
    post(APPEAL + "edit/", seniors, params=_submitted, data=_outcome, changes=False),
    post(APPEAL + "decide/", seniors, params=_submitted, data=_outcome, before=_take),
    *(
        get(
            "admin/work/<slug:queue>/",
            opened(people, FOREIGN),
            params=lambda w, queue=queue: {"queue": queue},
            of=queue,
        )
        for queue, people in {
            "mine": WORKERS,
            "reviews": WORKERS,
            "second": {Who.SENIOR},
            "appeals": {Who.SENIOR},
        }.items()
    ),
]

# --- dialogs ---------------------------------------------------------------------------------


# What unfold's dialogs send along.
def _entry(world):
    entry = world.here.log_entry
    return {"occurred_at": entry.occurred_at.isoformat(), "event_key": entry.event_key}


def _upload(world):
    return {"id": world.here.upload.pk}


def _table(world, who):
    file = SimpleUploadedFile("groups.csv", b"group\ng-new\n")
    return {"platform": world.here.platform.pk, "table": "GROUPS", "file": file}


def _seen(world, who):
    return {"seen": plans.of_upload(world.here.upload, at=AT).mark}


BRING = "admin/groups/bring/"
ADMINISTRATOR = {Who.ADMINISTRATOR}
TABLES = [
    get(BRING, opened(ADMINISTRATOR, FOREIGN)),
    # Of another platform, its staff cannot choose this one.
    post(BRING, opened(ADMINISTRATOR, foreign=HIDDEN), data=_table, hidden=422),
    get(
        BRING + "<uuid:id>/",
        opened(ADMINISTRATOR, foreign=HIDDEN),
        params=_upload,
        # It writes and takes that back, so the rows are compared with those of just before.
        before=lambda world, who: None,
    ),
    get(
        BRING + "<uuid:id>/refused.csv",
        opened(ADMINISTRATOR, foreign=HIDDEN),
        params=_upload,
        changes=True,
        note="it leaves an audit entry",
    ),
    post(BRING + "<uuid:id>/", opened(ADMINISTRATOR, foreign=HIDDEN), params=_upload, data=_seen),
    post(BRING + "<uuid:id>/discard/", opened(ADMINISTRATOR, foreign=HIDDEN), params=_upload),
    get(
        "admin/groups/<slug:slug>-<str:table>.<str:form>",
        opened(ADMINISTRATOR, foreign=HIDDEN),
        params=lambda w: {"slug": w.here.platform.slug, "table": "groups", "form": "csv"},
        changes=True,
        note="it leaves an audit entry",
    ),
]

FAIRNESS = [
    ("admin/reports/fairness/", {}),
    (
        "admin/reports/fairness.<str:form>",
        {
            "params": lambda w: {"form": "json"},
            "changes": True,
            "note": "it leaves an audit entry",
        },
    ),
]
FRAME = [
    get("admin/", opened(ALL_STAFF, FOREIGN)),
    get("admin/search/", opened(ALL_STAFF, FOREIGN), data=lambda w, who: {"s": "case"}),
    # Signing in happens on the pages under accounts/, for staff too.
    get("admin/login/", dict.fromkeys(Who, SIGN_IN)),
    post("admin/logout/", opened(ALL_STAFF, FOREIGN), changes=False),
    get("admin/jsi18n/", opened(ALL_STAFF, FOREIGN)),
    get("admin/groups/log/", opened(ALL_STAFF, FOREIGN)),
    get("admin/retention/", opened(AUDITORS, FOREIGN)),
    *(
        get(route, opened(AUDITORS, FOREIGN), **options)
        # Each reads of their own platforms.
        for route, options in FAIRNESS
    ),
    *(
        get(
            route,
            opened(AUDITORS, foreign=HIDDEN),
            data=lambda w, who: {"platform": w.here.platform.slug},
            hidden=422,
            of="of this platform",
            **options,
        )
        for route, options in FAIRNESS
    ),
    get(
        "admin/groups/log.<str:form>",
        opened(ALL_STAFF, FOREIGN),
        params=lambda w: {"form": "csv"},
        changes=True,
        note="each takes out the log of their own platforms, and leaves an audit entry",
    ),
    get(
        "admin/groups/log/<str:occurred_at>/<uuid:event_key>/",
        opened(ALL_STAFF, foreign=HIDDEN),
        params=_entry,
    ),
    *(
        get(
            "admin/^(?P<app_label>core|identity|credit|groups|reports)/$",
            # Whoever may see none of its lists finds no such page.
            opened(ALL_STAFF, FOREIGN) | dict.fromkeys(left_out, HIDDEN),
            path=lambda w, label=label: f"/admin/{label}/",
            of=label,
        )
        for label, left_out in {
            "core": [],
            "identity": [],
            "credit": [],
            "groups": [],
            "reports": [Who.OFFICER, *WORKERS],
        }.items()
    ),
    get(
        "admin/(?P<url>.*)$",
        opened(foreign=HIDDEN) | dict.fromkeys(ALL_STAFF, HIDDEN),
        path=lambda w: "/admin/there-is-no-such-page/",
    ),
]

ADMIN_ROWS = [
    *FRAME,
    *TABLES,
    *WORK,
    *(row for label, allowed in RECORDS.items() for row in _records(label, allowed)),
]
