from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.core.ids import uuid7
from portal.core.triggers import all_or_none, deleted_by_the_purge_only, frozen


class DsaStatement(models.Model):
    """A statement of reasons for the EU transparency database: written once, never changed.

    The database takes no update and no withdrawal and a `puid` is never used twice, so a
    person reviews the payload before it is sent (Regulation (EU) 2022/2065, Article 24(5)).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Not a foreign key: the statement outlives the case, which leaves after its window.
    decision_id = models.UUIDField(unique=True)
    puid = models.CharField(max_length=500, unique=True)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_statement_is_reviewed_before_it_is_sent",
                condition=Q(sent_at__isnull=True) | Q(reviewed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_review_of_a_statement_says_who_and_when",
                condition=all_or_none("reviewed_by", "reviewed_at"),
            ),
            models.CheckConstraint(
                name="a_statement_has_a_legal_puid",
                condition=Q(puid__regex=r"^[a-zA-Z0-9_-]+$"),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "a_statement_is_written_once",
                ["decision_id", "puid", "payload", "created_at"],
            ),
            frozen(
                "a_statement_is_reviewed_once",
                ["reviewed_by", "reviewed_at"],
                when="OLD.reviewed_at IS NOT NULL",
            ),
            frozen(
                "a_statement_is_sent_once",
                ["sent_at"],
                when="OLD.sent_at IS NOT NULL",
            ),
            deleted_by_the_purge_only("a_statement_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return self.puid
