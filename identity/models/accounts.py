from typing import ClassVar

from django.db import models

from identity.models.users import User
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform


class Account(models.Model):
    """A person's account on one platform. Its external id is opaque; it may belong to a user."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="accounts")
    external_id = models.CharField(max_length=200)
    display_name = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    created_at = models.DateTimeField()
    # The person asked to be erased: only records that have to stay name the account since.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="an_erased_account_has_no_name_and_no_person",
                condition=models.Q(erased_at=None) | models.Q(display_name="", user=None),
            ),
            models.UniqueConstraint(
                fields=["platform", "external_id"],
                name="an_account_is_known_once_on_a_platform",
            ),
            models.CheckConstraint(
                name="an_account_has_an_external_id",
                condition=~models.Q(external_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.external_id


class PersonTag(models.Model):
    """HMAC of a provider's subject id under the platform's own key.

    The same person has the same tag under every account of one platform, and tags of two platforms
    have nothing in common. It says of nobody who they are.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="person_tags")
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "digest"], name="a_person_is_tagged_once_per_account"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["digest"], name="person_tag_match")]

    def __str__(self) -> str:
        return str(self.account_id)


class TagKey(models.Model):
    """The key of a platform's person tags. Without it they can be neither made nor compared."""

    platform = models.OneToOneField(
        Platform, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    key: EncryptedTextField[str, str] = EncryptedTextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.platform_id)
