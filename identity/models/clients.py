from django.db import models
from oauth2_provider.models import AbstractApplication

from identity.models.users import User
from portal.core.ids import uuid7
from portal.core.models import Platform


class ApiClient(AbstractApplication):  # type: ignore[misc]
    """A partner's program. It belongs to one platform and sees nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    # A program has no person behind it; the library's field stays empty.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # Ends every token at the next request.
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]
        verbose_name = "API client"
        verbose_name_plural = "API clients"
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"

    def __str__(self) -> str:
        return str(self.name or self.client_id)
