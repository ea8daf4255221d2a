from typing import ClassVar

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import legal_transitions


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
    claim_due_at = models.DateTimeField(null=True, blank=True)
    # Its past came with `import_events --history`.
    has_imported_history = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    # What came before is purged: roles are derived from the tenures that stood then.
    known_from = models.DateTimeField(null=True, blank=True)
    # Since when it was archived just before then.
    known_archived_at = models.DateTimeField(null=True, blank=True)

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
                condition=~Q(state="FROZEN") | Q(frozen_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_group_says_since_when",
                condition=~Q(state="CLOSED")
                | Q(closed_at__isnull=False)
                | Q(archived_at__isnull=False),
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


class GroupUserObjectPermission(UserObjectPermissionBase):
    """An owner lets a manager answer the cases of one group."""

    content_object = models.ForeignKey(Group, on_delete=models.CASCADE)


class GroupGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian asks for it; Accord delegates to people only."""

    content_object = models.ForeignKey(Group, on_delete=models.CASCADE)
