"""What Accord holds about a person, as one structure of plain values for a file.

Never in it: who reported, who on the staff decided, and what concerns other people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from credit import queries as credit_queries
from credit.models import Adjustment, Sanction
from groups.models import (
    Acknowledgement,
    Appeal,
    CaseEntry,
    Claim,
    Decision,
    Flag,
    Group,
    Notice,
    Tenure,
    Transfer,
)
from groups.queries import accountability, decision_page
from identity.models import Account, IdentityAccess, User, Verification, VerificationRequest

Names = Mapping[UUID, str]
FORMAT = "accord.own-data.v1"
OF_PERSON = ("person", "second_factors", "sessions")
# The other side of an offer is somebody else's business.
OFFER = ("group__name", "state", "offered_at", "expires_at", "ended_at", "taken_back_at")
NOT_HERE = [
    "Reports about you. Each is shown in its case while you may see it, never with who sent it.",
    "The log of governance events that name you by your id. Write to support for an extract.",
    "Your password and the secrets of your second factors, stored so that nobody can read them.",
]


def get_everything(*, user: User, at: datetime) -> dict[str, Any]:
    """Return all that is held about the person at `at`."""
    accounts = Account.objects.filter(user=user).select_related("platform").order_by("pk")
    return {
        "format": FORMAT,
        "as_of": at,
        "not_in_this_file": NOT_HERE,
        "person": {
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "time_zone": user.timezone,
            "joined_at": user.joined_at,
            "last_sign_in_at": user.last_login,
        },
        "second_factors": _rows(
            Authenticator.objects.filter(user=user), "type", "created_at", "last_used_at"
        ),
        "sessions": _rows(
            UserSession.objects.filter(user=user), "user_agent", "ip", "created_at", "last_seen_at"
        ),
        "accounts": [_of_account(account, at) for account in accounts],
    }


def _of_account(account: Account, at: datetime) -> dict[str, Any]:
    decisions = list(
        Decision.objects.in_force()
        .filter(subject_account=account)
        .select_related("rule", "case__group", "platform")
        .order_by("number")
    )
    names: Names = {decision.pk: decision.reference for decision in decisions}
    return {
        "service": account.platform.name,
        "id_there": account.external_id,
        "name_there": account.display_name,
        "first_seen_at": account.created_at,
        "roles": _roles(account),
        "acknowledged_duties": _rows(
            Acknowledgement.objects.filter(account=account),
            "group__name",
            "duties__version",
            "acknowledged_at",
        ),
        "groups_offered": _rows(Transfer.objects.filter(from_account=account), *OFFER),
        "groups_offered_to_you": _rows(Transfer.objects.filter(to_account=account), *OFFER),
        "groups_claimed": _rows(
            Claim.objects.filter(account=account),
            "group__name",
            "state",
            "claimed_at",
            "expires_at",
            "ended_at",
        ),
        "how_reports_were_answered": _record(account, at),
        "standing": _standing(account, names, at),
        "points_proposed_to_give_back": _rows(
            Adjustment.objects.filter(account=account),
            "points",
            "reason",
            "state",
            "proposed_at",
            "decided_at",
            "expires_at",
        ),
        "restrictions": _restrictions(account, names),
        "verifications": _rows(
            Verification.objects.filter(account=account),
            "provider__name",
            "level",
            "method",
            "reference",
            "verified_at",
            "expires_at",
            "revoked_at",
            "revoked_reason",
        ),
        "verification_requests": _rows(
            VerificationRequest.objects.filter(account=account),
            "provider__name",
            "state",
            "requested_at",
            "due_at",
            "decided_at",
            "reason",
            "grounds",
        ),
        "looks_at_your_identity": _rows(
            IdentityAccess.objects.filter(account=account), "purpose", "at", "until"
        ),
        "decisions_about_you": [_decision(decision) for decision in decisions],
        "appeals": _rows(
            Appeal.objects.filter(appellant=account),
            "number",
            "decision__number",
            "state",
            "grounds",
            "new_facts",
            "submitted_at",
            "due_at",
            "reviewed_at",
            "outcome_reasons",
        ),
        "answers": _rows(
            CaseEntry.objects.filter(by_account=account, is_public=True),
            "case__number",
            "kind",
            "body",
            "at",
        ),
        "reports_sent": _reports(account),
        "notices": _rows(
            Notice.objects.filter(recipient=account),
            "kind",
            "language",
            "subject",
            "body",
            "created_at",
            "mailed_at",
            "read_at",
        ),
    }


def _rows(found: QuerySet[Any], *fields: str) -> list[dict[str, Any]]:
    """Read fields through the models, so that encrypted ones come out in words."""
    joined = {field.partition("__")[0] for field in fields if "__" in field}
    rows = found.select_related(*joined) if joined else found
    return [{field: _read(row, field) for field in fields} for row in rows.order_by("pk")]


def _read(row: Any, field: str) -> Any:
    for name in field.split("__"):
        row = getattr(row, name)
    return row


def _roles(account: Account) -> list[dict[str, Any]]:
    tenures = Tenure.objects.filter(account=account).select_related("group").order_by("pk")
    return [
        {
            "group": str(tenure.group),
            "role": tenure.role,
            "since": tenure.since,
            "until": tenure.until,
            "began": tenure.began,
            "ended": tenure.ended,
        }
        for tenure in tenures
    ]


def _record(account: Account, at: datetime) -> dict[str, Any]:
    record = accountability.get_record_of_account(account=account, at=at)
    minutes = record.median_answer and int(record.median_answer.total_seconds() // 60)
    return {
        "went_to_your_groups_first": record.received,
        "answered_in_time": record.in_time,
        "answered_late": record.late,
        "not_answered": record.unanswered,
        "wait_for_an_answer": record.waiting,
        "taken_over_by_staff": record.taken_over,
        "passed_on_by_the_deadline": record.escalated,
        "median_minutes_to_answer": minutes,
        "decided": record.decided,
        "changed_on_appeal": record.overturned,
    }


def _standing(account: Account, names: Names, at: datetime) -> dict[str, Any] | None:
    try:
        standing = credit_queries.get_standing(account=account, at=at)
    except credit_queries.NoPolicy:
        return None
    return {
        "points": standing.score,
        "level": standing.level.name,
        "policy_version": standing.policy.version,
        "entries": [
            {
                "number": view.entry.sequence,
                "kind": view.entry.kind,
                "points": view.points,
                "reason": view.entry.reason,
                "decision": names.get(view.entry.decision_id) if view.entry.decision_id else None,
                "policy_version": view.policy_version,
                "effective_at": view.entry.effective_at,
                "expires_at": view.expires_at,
                "reversed_at": view.reversed_at,
                "counts_now": view.counts,
            }
            for view in credit_queries.list_entries(account=account, at=at)
        ],
    }


def _restrictions(account: Account, names: Names) -> list[dict[str, Any]]:
    found = Sanction.objects.filter(account=account).order_by("pk")
    groups = dict(
        Group.objects.filter(pk__in=[row.scope_group_id for row in found]).values_list("pk", "name")
    )
    return [
        {
            "privilege": row.privilege,
            "kind": row.kind,
            "in_group": groups[row.scope_group_id] if row.scope_group_id else None,
            "decision": names.get(row.decision_id),
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "lifted_at": row.lifted_at,
            "how_it_was_lifted": row.lift,
            "why_it_was_lifted": row.lift_reason,
        }
        for row in found
    ]


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "reference": decision.reference,
        "case": decision.case.reference,
        "group": str(decision.case.group),
        "outcome": decision.outcome,
        "rule": f"{decision.rule.code} {decision.rule.title}, version {decision.rule.version}",
        "ground": decision.ground,
        "facts": decision.facts,
        "reasons": decision.reasons,
        "found_by_automated_means": decision.automated_detection,
        "effective_at": decision.effective_at,
        "appealable_until": decision.appealable_until,
        "effects": [
            {"words": effect.words, "until": effect.until, "undone_at": effect.undone_at}
            for effect in decision_page.list_effects(
                decision=decision, language="en", with_points=True
            )
        ],
    }


def _reports(account: Account) -> list[dict[str, Any]]:
    flags = Flag.objects.filter(reporter=account).order_by("pk").prefetch_related("evidence")
    return [
        {
            "case": flag.case.reference,
            "group": str(flag.case.group),
            "rule": flag.case.rule.title,
            "statement": flag.statement,
            "excerpts": [evidence.excerpt for evidence in flag.evidence.all()],
            "received_at": flag.received_at,
        }
        for flag in flags.select_related("case__group", "case__rule")
    ]
