from typing import ClassVar

from django.db import models

from groups.models.groups import Group
from identity.models import Account
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import frozen


class Duties(models.Model):
    """What an owner takes on: one published version of the text."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="duties")
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=8, default="en")
    text = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duties"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "version", "language"],
                name="a_version_of_duties_is_published_once",
            ),
        ]
        triggers: ClassVar = [
            frozen("published_duties_keep_their_text", ["version", "language", "text"])
        ]

    def __str__(self) -> str:
        return f"Duties {self.version}"


class Acknowledgement(models.Model):
    """An owner has read one version of the duties, for one group."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="acknowledgements")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    duties = models.ForeignKey(Duties, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "account", "duties"],
                name="duties_are_acknowledged_once_per_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} acknowledged {self.duties}"
