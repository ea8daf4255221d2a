from typing import ClassVar

from django.db import models

from identity.models.users import User
from portal.core.ids import uuid7
from portal.core.models import Hold


class HoldReminder(models.Model):
    """One mail to one person: the review of a hold is overdue. Each review is reminded of once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # The review that is overdue; the hold may have another date by now.
    review_at = models.DateTimeField()
    created_at = models.DateTimeField()
    # Null: the mail has left, or there is nobody any more to send it to.
    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="a_person_is_reminded_once_of_a_review",
                fields=["hold", "review_at", "user"],
            ),
        ]
        indexes: ClassVar = [
            # The mailer asks what is due.
            models.Index(
                fields=["mail_due_at"],
                name="hold_reminder_due",
                condition=models.Q(mail_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} to {self.user_id}"
