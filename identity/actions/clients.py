"""Programs of a platform that sign in by client credentials. A secret is known when it is made."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from oauth2_provider.models import get_access_token_model

from identity.models import ApiClient
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform


class ClientNotNamed(Invalid):
    """An API client has a name, by which people know which program it is."""

    code = "client-not-named"


class ClientChanged(Conflict):
    """Somebody else changed the API client meanwhile, or its name is taken."""

    code = "client-changed"


@dataclass(frozen=True, slots=True)
class Issued:
    client: ApiClient
    secret: str = field(repr=False)
    """To be shown once. What is stored is its hash."""


@transaction.atomic(savepoint=False)
def add(*, platform: Platform, name: str, by: Actor, at: datetime) -> Issued:
    """Let another program of the platform sign in. Raises ClientNotNamed, ClientChanged."""
    name = " ".join(name.split())
    if not name:
        raise ClientNotNamed("Name the client.")
    # Of two that add the same name, one is first.
    Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
    if ApiClient.objects.filter(platform=platform, name__iexact=name).exists():
        raise ClientChanged(f"{platform.name} has an API client of this name already.")
    secret = _new_secret()
    client = ApiClient.objects.create(
        platform=platform,
        name=name,
        client_secret=secret,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    new = {"client_id": client.client_id}
    audit.record(action="clients.add", record=client, by=by, at=at, new=new)
    return Issued(client, secret)


@transaction.atomic(savepoint=False)
def renew_secret(*, client: ApiClient, seen: str, by: Actor, at: datetime) -> Issued:
    """Replace the secret; the old one and the tokens it brought end at once.

    `seen` is `updated` in ISO 8601, as the person was shown it. Raises ClientChanged.
    """
    locked = ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
    if locked.updated.isoformat() != seen:
        raise ClientChanged("The client was changed since you opened it. Reload the page.")
    secret = _new_secret()
    locked.client_secret = secret
    locked.save(update_fields=["client_secret", "updated"])
    new = {"tokens_revoked": _revoke_tokens(locked)}
    audit.record(action="clients.renew_secret", record=locked, by=by, at=at, new=new)
    return Issued(locked, secret)


@transaction.atomic(savepoint=False)
def disable(*, client: ApiClient, by: Actor, at: datetime) -> None:
    """Let it sign in no more, and end its tokens: they are none of it when it is enabled again."""
    if ApiClient.objects.filter(pk=client.pk, disabled_at=None).update(disabled_at=at):
        new = {"disabled_at": at.isoformat(), "tokens_revoked": _revoke_tokens(client)}
        audit.record(action="clients.disable", record=client, by=by, at=at, new=new)


@transaction.atomic(savepoint=False)
def enable(*, client: ApiClient, by: Actor, at: datetime) -> None:
    """Let it sign in again, with the secret that it had."""
    if ApiClient.objects.filter(pk=client.pk, disabled_at__isnull=False).update(disabled_at=None):
        audit.record(action="clients.enable", record=client, by=by, at=at)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _revoke_tokens(client: ApiClient) -> int:
    tokens, _ = get_access_token_model().objects.filter(application=client).delete()
    return int(tokens)
