"""Text that is encrypted at rest and plain in Python."""

from typing import Any, TypeVar

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups

from portal.core import keyring

_ST = TypeVar("_ST")
_GT = TypeVar("_GT")


class EncryptedTextField(models.TextField[_ST, _GT]):
    """A text stored as an AES-256-GCM value (bytea) that only opens in its own column.

    Equal texts give different bytes, so the database can tell null from not null, nothing else.
    Renaming the field or its model needs a data migration: the ciphertext is tied to both names.
    """

    description = "Encrypted text"

    def get_internal_type(self) -> str:
        return "BinaryField"

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        try:
            keyring.current()
        except ImproperlyConfigured as error:
            found.append(checks.Error(str(error), obj=self, id="accord.E001"))
        if self.unique or getattr(self, "db_index", False):
            found.append(
                checks.Error("An encrypted field cannot be indexed.", obj=self, id="accord.E002")
            )
        return found

    @property
    def bound_to(self) -> bytes:
        """What the ciphertext is tied to: `app.Model.field`."""
        return f"{self.model._meta.label}.{self.name}".encode()

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        if value is None or not isinstance(value, str):
            return value
        return keyring.current().seal(value.encode(), bound_to=self.bound_to)

    def from_db_value(
        self, value: bytes | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> str | None:
        if value is None:
            return None
        return keyring.current().open(bytes(value), bound_to=self.bound_to).decode()

    def get_lookup(self, lookup_name: str) -> type[models.Lookup[Any]] | None:
        return lookups.IsNull if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        return None
