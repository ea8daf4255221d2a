"""The sidebar of the staff admin: the reader's queues with counts, and the records they may see."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from groups.admin import badges
from identity.admin import badges as identity_badges
from identity.roles import Permission

# (title, icon, queue, who has it, colour of the count)
QUEUES = [
    ("Assigned to me", "person_check", "mine", Permission.CLAIM_CASES, "primary"),
    ("Report reviews", "flag", "reviews", Permission.CLAIM_CASES, "danger"),
    ("Awaiting second person", "group", "second", Permission.APPROVE_DECISIONS, "warning"),
    ("Appeals", "gavel", "appeals", Permission.REVIEW_APPEALS, "warning"),
]
# By section: (title, icon, app and model, or the name of a page of its own).
RECORDS = {
    "Groups and people": [
        ("Groups", "groups", "groups_group"),
        ("Accounts", "person", "identity_account"),
        ("Tenures", "badge", "groups_tenure"),
        ("Transfers", "swap_horiz", "groups_transfer"),
        ("Claims", "front_hand", "groups_claim"),
        ("Log", "list_alt", "log"),
    ],
    "Cases": [
        ("Cases", "folder_open", "groups_case"),
        ("Reports received", "outlined_flag", "groups_flag"),
        ("Decisions", "balance", "groups_decision"),
        ("Appeals", "gavel", "groups_appeal"),
        ("Notices", "mail", "groups_notice"),
        ("Notice templates", "draft", "groups_noticetemplate"),
        ("Rules", "rule", "groups_rule"),
        ("Duties of owners", "assignment", "groups_duties"),
    ],
    "Standing": [
        ("Standings", "signal_cellular_alt", "credit_standing"),
        ("Ledger", "menu_book", "credit_ledgerentry"),
        ("Sanctions", "block", "credit_sanction"),
        ("Adjustments", "exposure_plus_1", "credit_adjustment"),
        ("Policies", "tune", "credit_policy"),
        ("Simulations", "science", "credit_simulation"),
    ],
    "Identity": [
        ("Verifications", "verified_user", "identity_verification"),
        ("Verification requests", "pending_actions", "identity_verificationrequest"),
        ("Providers", "approval", "identity_verificationprovider"),
        ("Who looked", "visibility", "identity_identityaccess"),
    ],
    "Retention": [
        ("Log and retention", "monitoring", "retention"),
        ("Windows", "timer", "core_windowchange"),
        ("Holds", "lock", "core_hold"),
        ("Purge runs", "auto_delete", "core_purgerun"),
        ("Purge certificates", "workspace_premium", "core_purgecertificate"),
    ],
    "Reports": [
        ("Reports", "summarize", "reports_reportrun"),
        ("Fairness", "equalizer", "fairness"),
        ("Schedules", "calendar_month", "reports_reportschedule"),
        ("Authority requests", "account_balance", "reports_authorityrequest"),
        ("DSA statements", "description", "reports_dsastatement"),
    ],
    "Administration": [
        ("Audit", "history", "core_auditentry"),
        ("Staff", "supervisor_account", "identity_staffassignment"),
        ("API clients", "key", "identity_apiclient"),
        ("Webhooks", "webhook", "core_webhookendpoint"),
        ("Webhook deliveries", "outgoing_mail", "core_webhookdelivery"),
        ("Bring your groups", "upload", "bring"),
        ("Imports", "upload_file", "groups_importrun"),
        ("Platforms", "hub", "core_platform"),
    ],
}
# Records without an entry of their own, and the entry that they are under.
UNDER = {
    "core_outboxevent": "core_webhookdelivery",
    "groups_acknowledgement": "groups_duties",
    "groups_heldlogentry": "log",
    "groups_roleevent": "log",
    "identity_user": "identity_staffassignment",
}
# Pages that are no lists, and what opens them.
PAGES = {
    "bring": (Permission.ADMINISTER,),
    "fairness": (Permission.VIEW_REPORTS,),
    "log": (Permission.VIEW_RECORDS,),
    "retention": (Permission.RUN_PURGE, Permission.VIEW_AUDIT),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return unfold's sidebar; what the reader may not open is not in it."""
    return [
        {"title": "Work", "items": [_overview(request), *_queues(request)]},
        *_records(request),
    ]


def _overview(request: HttpRequest) -> dict[str, Any]:
    return {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}


def _queues(request: HttpRequest) -> list[dict[str, Any]]:
    items = []
    counts = badges.counts(request)
    here = request.GET.get("queue", "")
    for title, icon, queue, permission, colour in QUEUES:
        if not admin.site.platform_ids(request, [permission]):
            continue
        link = reverse("admin:work_queue", args=[queue])
        item = {"title": title, "icon": icon, "link": link}
        item["active"] = request.path == link or ("/work/" in request.path and here == queue)
        if getattr(counts, queue):
            item["badge"] = f"groups.admin.badges.{queue}"
            item["badge_variant"] = colour
        items.append(item)
    return items


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    visible = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_permission(request)
    }
    visible |= {
        page for page, permissions in PAGES.items() if admin.site.platform_ids(request, permissions)
    }
    sections = []
    here = {entry for record, entry in UNDER.items() if request.path.startswith(_list_of(record))}
    for title, entries in RECORDS.items():
        items = [
            {"title": name, "icon": icon, "link": _list_of(record)}
            | _badge(request, record)
            | ({"active": True} if record in here else {})
            for name, icon, record in entries
            if record in visible
        ]
        section = {"title": title, "items": items, "collapsible": True, "separator": not sections}
        if items:
            sections.append(section)
    return sections


def _badge(request: HttpRequest, record: str) -> dict[str, Any]:
    if record != "identity_verificationrequest" or not identity_badges.requests(request):
        return {}
    return {"badge": "identity.admin.badges.requests", "badge_variant": "warning"}


def _list_of(record: str) -> str:
    return reverse(f"admin:{record}" if record in PAGES else f"admin:{record}_changelist")


def environment(request: HttpRequest) -> list[str] | None:
    """Say on every page that the data are made up, where they are."""
    return ["Demo data", "info"] if settings.MODE == "demo" else None
