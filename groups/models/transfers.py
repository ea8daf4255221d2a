from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from groups.models.groups import Group
from identity.models import Account, User
from portal.core.ids import uuid7
from portal.core.triggers import frozen, legal_transitions

# How long after acceptance whoever gave a group away may take it back.
COOLING_OFF = timedelta(hours=24)
OFFERED_STEPS = [
    ("OFFERED", "ACCEPTED"),
    ("OFFERED", "DECLINED"),
    ("OFFERED", "CANCELLED"),
    ("OFFERED", "EXPIRED"),
]


class Transfer(models.Model):
    """An owner offers a group to somebody else, who accepts or does not."""

    class State(models.TextChoices):
        OFFERED = "OFFERED"
        ACCEPTED = "ACCEPTED"
        DECLINED = "DECLINED"
        CANCELLED = "CANCELLED"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="transfers")
    from_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state="OFFERED"),
                name="one_open_transfer_per_group",
            ),
            models.CheckConstraint(
                name="a_group_is_offered_to_somebody_else",
                condition=~Q(to_account=F("from_account")),
            ),
            models.CheckConstraint(
                name="a_transfer_that_ended_says_when",
                condition=Q(state="OFFERED", ended_at__isnull=True)
                | (~Q(state="OFFERED") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="an_accepted_transfer_is_taken_back_within_a_day",
                condition=Q(taken_back_at__isnull=True)
                | Q(
                    state="ACCEPTED",
                    taken_back_at__gte=F("ended_at"),
                    taken_back_at__lt=F("ended_at") + COOLING_OFF,
                ),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions("a_transfer_ends_once", "state", OFFERED_STEPS),
            frozen(
                "a_transfer_is_taken_back_once",
                ["taken_back_at", "ended_at"],
                when="OLD.taken_back_at IS NOT NULL",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.state}"

    @property
    def may_be_taken_back_until(self) -> datetime | None:
        """When the cooling-off ends; null unless the transfer was accepted and stands."""
        if self.state != self.State.ACCEPTED or self.ended_at is None or self.taken_back_at:
            return None
        return self.ended_at + COOLING_OFF


class Claim(models.Model):
    """Somebody asks for a group that has no owner."""

    class State(models.TextChoices):
        OFFERED = "OFFERED", "Waiting"
        ACCEPTED = "ACCEPTED"
        DECLINED = "DECLINED"
        CANCELLED = "CANCELLED"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="claims")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    claimed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "account"],
                condition=Q(state="OFFERED"),
                name="one_open_claim_per_group_and_account",
            ),
            models.CheckConstraint(
                name="a_claim_that_ended_says_when",
                condition=Q(state="OFFERED", ended_at__isnull=True)
                | (~Q(state="OFFERED") & Q(ended_at__isnull=False)),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions("a_claim_ends_once", "state", OFFERED_STEPS),
        ]

    def __str__(self) -> str:
        return f"{self.account} claims {self.group}"
