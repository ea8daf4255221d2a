from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from identity.models.users import User
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none


class PlatformUserObjectPermission(UserObjectPermissionBase):
    """What a staff member may do on one platform: a real foreign key, so that it can be joined."""

    content_object = models.ForeignKey(Platform, on_delete=models.CASCADE)


class PlatformGroupObjectPermission(GroupObjectPermissionBase):
    """The same for groups of users; guardian asks for both. Accord grants to people only."""

    content_object = models.ForeignKey(Platform, on_delete=models.CASCADE)


class StaffAssignment(models.Model):
    """A person works for one platform in one role, from when until when."""

    class Role(models.TextChoices):
        REVIEWER = "REVIEWER"
        SENIOR = "SENIOR", "Senior reviewer"
        IDENTITY_OFFICER = "IDENTITY_OFFICER", "Identity officer"
        AUDITOR = "AUDITOR"
        ADMINISTRATOR = "ADMINISTRATOR"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    # Null: assigned by the installation itself (first administrator, demo data).
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    assigned_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "platform", "role"],
                condition=Q(ended_at=None),
                name="a_role_is_held_once_on_a_platform",
            ),
            models.CheckConstraint(
                name="nobody_assigns_a_role_to_themselves",
                condition=Q(assigned_by__isnull=True) | ~Q(assigned_by=F("user")),
            ),
            models.CheckConstraint(
                name="assignment_ends_with_who_and_when",
                condition=all_or_none("ended_by", "ended_at"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.platform}"
