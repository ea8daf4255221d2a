from typing import ClassVar

from django.db import models

from identity.models import User
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import frozen


class RegistryUpload(models.Model):
    """A table that somebody brought, between the preview and its effect, and what came of it."""

    class Table(models.TextChoices):
        GROUPS = "GROUPS", "Groups"
        ACCOUNTS = "ACCOUNTS", "Accounts"
        ROLES = "ROLES", "Roles"

    class Form(models.TextChoices):
        CSV = "CSV", "CSV"
        JSON = "JSON", "JSON"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    table = models.CharField(max_length=8, choices=Table.choices)
    form = models.CharField(max_length=4, choices=Form.choices)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    # The table as it came, until it takes effect; then only the refused rows, with the reasons.
    body = EncryptedTextField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        triggers: ClassVar = [
            frozen(
                "a_table_takes_effect_once",
                ["applied_at", "added", "changed", "unchanged", "refused"],
                when="OLD.applied_at IS NOT NULL",
            )
        ]

    def __str__(self) -> str:
        return self.file_name
