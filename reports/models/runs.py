from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import deleted_by_the_purge_only, frozen, legal_transitions

# The forms in which a report is kept and sent; each is a field, with its digest beside it.
FILES = ("json", "csv", "pdf")


class ReportKind(models.TextChoices):
    TRANSPARENCY = "TRANSPARENCY", "Transparency report"


class ReportRunQuerySet(models.QuerySet["ReportRun"]):
    def of_period(
        self, *, platform: Platform, period_from: datetime, period_to: datetime
    ) -> "ReportRunQuerySet":
        """Keep what was or will be reported of a period: a run that failed reported nothing."""
        return self.filter(
            platform=platform,
            kind=ReportKind.TRANSPARENCY,
            period_from=period_from,
            period_to=period_to,
        ).exclude(state=ReportRun.State.FAILED)

    def being_made(self) -> "ReportRunQuerySet":
        return self.filter(state__in=[ReportRun.State.WAITING, ReportRun.State.RUNNING])


class ReportRun(models.Model):
    """One report, frozen: the figures as of an instant, with the digest of each file.

    A run that could not be made waits for its next attempt; FAILED is one that ran out of them.
    It stays as a record, and what is asked for again takes its version number.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    # Half-open, UTC.
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    as_of = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    # What changed since the version before.
    correction_note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # Counted as an attempt begins: a report that kills its worker runs out of them, too.
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    # The figures, the files made from them as they are sent, and the digest of each file.
    figures = models.JSONField(null=True)
    json_sha256 = models.CharField(max_length=64, blank=True)
    csv_sha256 = models.CharField(max_length=64, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    json = models.BinaryField(null=True)
    csv = models.BinaryField(null=True)
    pdf = models.BinaryField(null=True)
    error = models.CharField(max_length=500, blank=True)

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "kind", "period_from", "period_to", "version"],
                condition=~Q(state="FAILED"),
                name="a_report_version_is_made_once",
            ),
            models.CheckConstraint(
                name="a_report_covers_some_time",
                condition=Q(period_to__gt=F("period_from")),
            ),
            models.CheckConstraint(
                name="a_finished_report_has_figures_files_and_digests",
                condition=~Q(state="DONE")
                | Q(figures__isnull=False, finished_at__isnull=False)
                & Q(json__isnull=False, csv__isnull=False, pdf__isnull=False)
                & ~Q(json_sha256="")
                & ~Q(csv_sha256="")
                & ~Q(pdf_sha256=""),
            ),
            models.CheckConstraint(
                name="a_correction_says_what_changed",
                condition=Q(version=1) | ~Q(correction_note=""),
            ),
            models.CheckConstraint(
                name="a_first_version_corrects_nothing",
                condition=~Q(version=1) | Q(correction_note=""),
            ),
            models.CheckConstraint(
                name="a_report_is_finished_before_it_is_published",
                condition=Q(published_at__isnull=True) | Q(state="DONE"),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "a_report_moves_by_legal_steps",
                "state",
                [
                    ("WAITING", "RUNNING"),
                    ("RUNNING", "WAITING"),
                    ("RUNNING", "DONE"),
                    ("RUNNING", "FAILED"),
                ],
            ),
            frozen(
                "a_finished_report_is_frozen",
                [
                    "platform_id",
                    "kind",
                    "period_from",
                    "period_to",
                    "as_of",
                    "version",
                    "correction_note",
                    "requested_at",
                    "finished_at",
                    "figures",
                    *FILES,
                    *(f"{form}_sha256" for form in FILES),
                ],
                when="OLD.state = 'DONE'",
            ),
            frozen(
                "a_published_report_stays_published",
                ["published_at"],
                when="OLD.published_at IS NOT NULL",
            ),
            deleted_by_the_purge_only("a_report_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period_from:%Y-%m-%d} v{self.version}"


class ReportSchedule(models.Model):
    """A report that is made again for every period."""

    class Every(models.TextChoices):
        MONTH = "MONTH"
        QUARTER = "QUARTER"
        HALF_YEAR = "HALF_YEAR", "Half-year"
        YEAR = "YEAR"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    every = models.CharField(max_length=9, choices=Every.choices)
    next_run_at = models.DateTimeField()
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "kind", "every"], name="a_report_is_scheduled_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} every {self.get_every_display().lower()}"
