from typing import ClassVar

from django.db import models
from django.db.models import Q

from groups.models.appeals import Appeal
from groups.models.cases import Case
from groups.models.decisions import Decision
from groups.models.groups import Group
from identity.models import Account
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import NOT_ROTATING, frozen


class NoticeKind(models.TextChoices):
    CASE_OPENED = "CASE_OPENED", "A report needs an answer"
    CASE_ESCALATED = "CASE_ESCALATED", "An answer is overdue"
    DECISION = "DECISION", "A decision was taken"
    REPORT_RECEIVED = "REPORT_RECEIVED", "Your report was received"
    REPORT_DECIDED = "REPORT_DECIDED", "Your report was decided"
    APPEAL_RECEIVED = "APPEAL_RECEIVED", "Your appeal was received"
    APPEAL_DECIDED = "APPEAL_DECIDED", "Your appeal was decided"
    TENURE_ENDED = "TENURE_ENDED", "Your role ended"
    TENURE_BEGAN = "TENURE_BEGAN", "You became responsible"
    TRANSFER_OFFERED = "TRANSFER_OFFERED", "A group was offered to you"
    TRANSFER_ENDED = "TRANSFER_ENDED", "What became of an offer"
    CLAIM_ENDED = "CLAIM_ENDED", "Your claim was answered"
    VERIFICATION = "VERIFICATION", "About your verification"
    OWNERLESS = "OWNERLESS", "A group has no owner"
    AT_RISK = "AT_RISK", "A group of yours is at risk"
    DUTIES = "DUTIES", "Duties to acknowledge"
    DELEGATION = "DELEGATION", "Answering reports"
    SANCTION_LIFTED = "SANCTION_LIFTED", "A restriction was lifted early"
    ADJUSTMENT = "ADJUSTMENT", "Points were given back"


class NoticeTemplate(models.Model):
    """One version of the words of a notice. Slots are {names}; an unfilled one refuses to send."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    # Null: for every rule without words of its own.
    rule_code = models.CharField(max_length=20, blank=True)
    measure_kind = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    "platform",
                    "kind",
                    "rule_code",
                    "measure_kind",
                    "language",
                    "version",
                ],
                name="a_template_version_is_published_once",
            ),
            models.UniqueConstraint(
                fields=["platform", "kind", "rule_code", "measure_kind", "language"],
                condition=Q(retired_at=None),
                name="one_version_of_a_template_is_in_use",
            ),
        ]
        triggers: ClassVar = [
            frozen("a_published_template_keeps_its_words", ["subject", "body", "language"])
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language}, {self.version})"


class Notice(models.Model):
    """What somebody was told, kept as it was sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    template = models.ForeignKey(
        NoticeTemplate, on_delete=models.PROTECT, null=True, related_name="+"
    )
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, related_name="notices")
    decision = models.ForeignKey(
        Decision, on_delete=models.CASCADE, null=True, related_name="notices"
    )
    appeal = models.ForeignKey(Appeal, on_delete=models.CASCADE, null=True, related_name="notices")
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=200)
    body = EncryptedTextField()
    created_at = models.DateTimeField()
    # Mail leaves after commit; people without an address read it in the portal only.
    mail_due_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "decision"],
                condition=Q(decision__isnull=False),
                name="one_notice_of_a_kind_per_decision_and_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "-created_at"], name="notice_by_recipient"),
            # The mailer's claim.
            models.Index(
                fields=["mail_due_at"],
                name="notice_to_mail",
                condition=Q(mailed_at__isnull=True, mail_due_at__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "a_notice_is_kept_as_sent",
                ["recipient_id", "kind", "language", "subject", "created_at"],
            ),
            frozen("a_notice_keeps_its_words", ["body"], when=NOT_ROTATING),
        ]

    def __str__(self) -> str:
        return self.subject
