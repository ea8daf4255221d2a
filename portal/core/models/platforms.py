from typing import ClassVar

from django.db import models

from portal.core.ids import uuid7


class Platform(models.Model):
    """A partner service whose groups Accord accounts for. Nothing is joined across platforms."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=8, default="en")
    # Joins and leaves of ordinary members are recorded only where a platform switches it on.
    records_membership = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        # Staff roles are sets of these, granted per platform (identity.roles).
        default_permissions = ()
        permissions: ClassVar = [
            ("view_records", "See groups, cases and their history"),
            ("claim_cases", "Claim and answer cases"),
            ("decide_cases", "Decide cases"),
            ("approve_decisions", "Approve decisions as the second person"),
            ("review_appeals", "Review appeals"),
            ("view_identity", "See identity details for a stated purpose"),
            ("review_verifications", "Decide verification requests"),
            ("manage_policy", "Draft and approve standing policies and rules"),
            ("manage_holds", "Place, approve and release holds"),
            ("run_purge", "Run the purge"),
            ("view_audit", "Read the audit log"),
            ("view_reports", "Read and run reports"),
            ("administer", "Manage staff, API clients and webhooks"),
        ]

    def __str__(self) -> str:
        return self.name
