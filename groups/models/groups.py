from typing import ClassVar

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from identity.models import User
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import legal_transitions


class GroupQuerySet(models.QuerySet["Group"]):
    def waiting_for_owner(self) -> "GroupQuerySet":
        """Keep the groups that can be claimed: orphaned, or frozen because nobody claimed them."""
        return self.filter(Q(state="ORPHANED") | Q(state="FROZEN", frozen_at=None))


class Group(models.Model):
    """A chat group on one platform. Its external id is opaque text."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        ORPHANED = "ORPHANED", "Without an owner"
        FROZEN = "FROZEN"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="groups")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    # When the platform said so: an older event that arrives late changes nothing.
    named_at = models.DateTimeField(null=True, blank=True)
    named_sequence = models.BigIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    sized_at = models.DateTimeField(null=True, blank=True)
    sized_sequence = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ORPHANED)
    # What the platform says of the group, kept apart from what Accord decided about it.
    archived_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    orphaned_at = models.DateTimeField(null=True, blank=True)
    # The deadline of the step it is at: then it is frozen, and after the next one closed.
    claim_due_at = models.DateTimeField(null=True, blank=True)
    # Frozen and closed because nobody claimed it, apart from what was decided about it.
    unclaimed_frozen_at = models.DateTimeField(null=True, blank=True)
    unclaimed_closed_at = models.DateTimeField(null=True, blank=True)
    # Since when one person alone runs it and does nothing there; found once a day.
    at_risk_from = models.DateTimeField(null=True, blank=True)
    # Its past came with `import_events --history`.
    has_imported_history = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    # What came before is purged: roles are derived from the tenures that stood then.
    known_from = models.DateTimeField(null=True, blank=True)
    # Since when it was archived just before then.
    known_archived_at = models.DateTimeField(null=True, blank=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions: ClassVar = [
            ("answer_cases", "Answer cases of this group"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "external_id"],
                name="a_group_is_known_once_on_a_platform",
            ),
            models.CheckConstraint(name="a_group_has_an_external_id", condition=~Q(external_id="")),
            models.CheckConstraint(
                name="an_orphaned_group_has_a_claim_deadline",
                condition=~Q(state="ORPHANED")
                | Q(orphaned_at__isnull=False, claim_due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_frozen_group_says_since_when",
                condition=~Q(state="FROZEN")
                | Q(frozen_at__isnull=False)
                | Q(unclaimed_frozen_at__isnull=False, claim_due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_group_says_since_when",
                condition=~Q(state="CLOSED")
                | Q(closed_at__isnull=False)
                | Q(archived_at__isnull=False)
                | Q(unclaimed_closed_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # Whose time to be claimed is over next.
            models.Index(
                fields=["claim_due_at"],
                name="group_claim_due",
                condition=Q(claim_due_at__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "group_state_changes_by_legal_steps",
                "state",
                [
                    ("ACTIVE", "ORPHANED"),
                    ("ACTIVE", "FROZEN"),
                    ("ACTIVE", "CLOSED"),
                    ("ORPHANED", "ACTIVE"),
                    ("ORPHANED", "FROZEN"),
                    ("ORPHANED", "CLOSED"),
                    ("FROZEN", "ACTIVE"),
                    ("FROZEN", "ORPHANED"),
                    ("FROZEN", "CLOSED"),
                    ("CLOSED", "ACTIVE"),
                    ("CLOSED", "ORPHANED"),
                    ("CLOSED", "FROZEN"),
                ],
            )
        ]

    def __str__(self) -> str:
        return self.name or self.external_id

    @property
    def waits_for_owner(self) -> bool:
        """Whether it can be claimed, as `waiting_for_owner` says it of many."""
        is_unclaimed = self.state == self.State.FROZEN and self.frozen_at is None
        return self.state == self.State.ORPHANED or is_unclaimed


class OwnerlessStep(models.Model):
    """What happened to a group because it has no owner: one row a step and deadline."""

    class Kind(models.TextChoices):
        INVITED = "INVITED", "Managers were invited to claim it"
        REMINDED_WEEK = "REMINDED_WEEK", "Managers were reminded a week before"
        REMINDED_DAY = "REMINDED_DAY", "Managers were reminded a day before"
        FROZEN = "FROZEN", "Frozen, because nobody claimed it"
        CLOSED = "CLOSED", "Closed, because still nobody claimed it"
        REOPENED = "REOPENED", "Staff gave it more time"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="ownerless_steps")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    # The deadline before which it happened, or that passed.
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "kind", "due_at"],
                name="an_ownerless_group_takes_a_step_once_per_deadline",
            ),
            models.CheckConstraint(
                name="more_time_is_given_by_somebody_for_a_reason",
                condition=Q(kind="REOPENED", by_user__isnull=False) & ~Q(reason="")
                | ~Q(kind="REOPENED") & Q(by_user__isnull=True, reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_kind_display()}"


class GroupUserObjectPermission(UserObjectPermissionBase):
    """An owner lets a manager answer the cases of one group."""

    content_object = models.ForeignKey(Group, on_delete=models.CASCADE)


class GroupGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian asks for it; Accord delegates to people only."""

    content_object = models.ForeignKey(Group, on_delete=models.CASCADE)
