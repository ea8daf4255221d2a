from typing import ClassVar

from django.db import models

from portal.core.ids import uuid7
from portal.core.models import Platform


class ImportRun(models.Model):
    """How far the import of one file got, so that it can go on and never runs twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="imports")
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    with_history = models.BooleanField()
    # How far `--rebase` shifted every time; kept, so that going on shifts the rest alike.
    rebased_by = models.DurationField(null=True)
    lines_done = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    # History lines that made groups and tenures but are too old to be logged, and the like.
    not_logged = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "file_sha256"],
                name="a_file_is_imported_once_per_platform",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
