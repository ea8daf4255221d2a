"""Access tokens of partner programs, without the token endpoint."""

from datetime import timedelta
from secrets import token_hex

from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tests.factories.identity import ApiClientFactory


def bearer(platform, scope):
    """The headers of a client of `platform` that has `scope`."""
    token = get_access_token_model().objects.create(
        application=ApiClientFactory(platform=platform),
        token=token_hex(16),
        scope=scope,
        expires=timezone.now() + timedelta(hours=1),
    )
    return {"authorization": f"Bearer {token.token}"}
