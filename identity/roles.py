"""What staff may do on a platform, and which roles bring it. Roles are data, not code paths."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from identity.models import StaffAssignment

Role = StaffAssignment.Role


class Permission(StrEnum):
    """The codenames of `Platform.Meta.permissions`."""

    VIEW_RECORDS = "view_records"
    CLAIM_CASES = "claim_cases"
    DECIDE_CASES = "decide_cases"
    APPROVE_DECISIONS = "approve_decisions"
    REVIEW_APPEALS = "review_appeals"
    VIEW_IDENTITY = "view_identity"
    REVIEW_VERIFICATIONS = "review_verifications"
    MANAGE_POLICY = "manage_policy"
    MANAGE_HOLDS = "manage_holds"
    RUN_PURGE = "run_purge"
    VIEW_AUDIT = "view_audit"
    VIEW_REPORTS = "view_reports"
    ADMINISTER = "administer"


# Reports that are not published count what reviewers did: they read them when everybody does.
_REVIEWER = frozenset({Permission.VIEW_RECORDS, Permission.CLAIM_CASES, Permission.DECIDE_CASES})

ROLES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        Role.REVIEWER: _REVIEWER,
        Role.SENIOR: _REVIEWER
        | {
            Permission.APPROVE_DECISIONS,
            Permission.REVIEW_APPEALS,
            Permission.MANAGE_POLICY,
            Permission.MANAGE_HOLDS,
        },
        Role.IDENTITY_OFFICER: frozenset(
            {
                Permission.VIEW_RECORDS,
                Permission.VIEW_IDENTITY,
                Permission.REVIEW_VERIFICATIONS,
            }
        ),
        Role.AUDITOR: frozenset(
            {Permission.VIEW_RECORDS, Permission.VIEW_AUDIT, Permission.VIEW_REPORTS}
        ),
        Role.ADMINISTRATOR: frozenset(
            {
                Permission.VIEW_RECORDS,
                Permission.VIEW_AUDIT,
                Permission.VIEW_REPORTS,
                Permission.MANAGE_HOLDS,
                Permission.RUN_PURGE,
                Permission.ADMINISTER,
            }
        ),
    }
)
