"""Whom a platform accepts attestations from. What was attested before stays as it was."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from identity.models import VerificationProvider
from identity.models.verifications import Level
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform

Kind = VerificationProvider.Kind
# Another service brings settings of its own: `add_openid`.
ADDED_HERE = (Kind.MANUAL, Kind.PARTNER, Kind.EMAIL)
LONGEST = 3650


class ProviderNotValid(Invalid):
    """A provider has a name, a level that its kind can attest, and a validity."""

    code = "provider-not-valid"


class ProviderChanged(Conflict):
    """Somebody else changed the provider meanwhile, or the name is taken."""

    code = "provider-changed"


@transaction.atomic(savepoint=False)
def add(
    *,
    platform: Platform,
    name: str,
    kind: str,
    level: str,
    validity_days: int,
    by: Actor,
    at: datetime,
) -> VerificationProvider:
    """Accept attestations of another provider. Raises ProviderNotValid, ProviderChanged."""
    if kind not in ADDED_HERE:
        raise ProviderNotValid("Choose a kind of provider.")
    provider = VerificationProvider(
        platform=platform, name=name.strip(), kind=kind, level=level, validity_days=validity_days
    )
    return _add(provider, by=by, at=at)


@transaction.atomic(savepoint=False)
def add_openid(
    *,
    platform: Platform,
    name: str,
    issuer: str,
    client_id: str,
    client_secret: str,
    level: str,
    validity_days: int,
    by: Actor,
    at: datetime,
) -> VerificationProvider:
    """Accept what an OpenID Connect provider attests, up to `level`. Its issuer was asked before.

    Raises ProviderNotValid, ProviderChanged.
    """
    if not (issuer.strip() and client_id.strip() and client_secret.strip()):
        raise ProviderNotValid("Give the issuer, and the id and the secret that it gave Accord.")
    provider = VerificationProvider(
        platform=platform,
        name=name.strip(),
        kind=Kind.OIDC,
        level=level,
        validity_days=validity_days,
        issuer=issuer.strip(),
        client_id=client_id.strip(),
        client_secret=client_secret.strip(),
    )
    return _add(provider, by=by, at=at)


@transaction.atomic(savepoint=False)
def reconnect(
    *,
    provider: VerificationProvider,
    issuer: str,
    client_id: str,
    client_secret: str,
    by: Actor,
    at: datetime,
) -> VerificationProvider:
    """Change where an OpenID provider is and who Accord is there; an empty secret stays as it is.

    Raises ProviderNotValid.
    """
    if provider.kind != Kind.OIDC or not (issuer.strip() and client_id.strip()):
        raise ProviderNotValid("Give the issuer, and the id that it gave Accord.")
    old = {"issuer": provider.issuer, "client_id": provider.client_id}
    provider.issuer, provider.client_id = issuer.strip(), client_id.strip()
    if client_secret.strip():
        provider.client_secret = client_secret.strip()
    provider.save(update_fields=["issuer", "client_id", "client_secret"])
    new = {"issuer": provider.issuer, "client_id": provider.client_id}
    new_secret = {"has_new_secret": bool(client_secret.strip())}
    audit.record(
        action="providers.reconnect", record=provider, by=by, at=at, old=old, new=new | new_secret
    )
    return provider


@transaction.atomic(savepoint=False)
def change(
    *,
    provider: VerificationProvider,
    seen: dict[str, Any],
    name: str,
    level: str,
    validity_days: int,
    is_enabled: bool,
    by: Actor,
    at: datetime,
) -> VerificationProvider:
    """Change what the provider attests from now on; `seen` is what the person was shown.

    Raises ProviderNotValid, and ProviderChanged when it is no longer as seen.
    """
    _check(name=name, kind=provider.kind, level=level, validity_days=validity_days)
    new = {
        "name": name.strip(),
        "level": level,
        "validity_days": validity_days,
        "is_enabled": is_enabled,
    }
    try:
        with transaction.atomic():
            changed = VerificationProvider.objects.filter(pk=provider.pk, **seen).update(**new)
    except IntegrityError as error:
        raise ProviderChanged("Another provider has this name already.") from error
    if not changed:
        raise ProviderChanged("The provider was changed since you opened it. Reload the page.")
    provider.refresh_from_db()
    audit.record(
        action="providers.change", record=provider, by=by, at=at, old=seen, new=provider.terms
    )
    return provider


def _add(provider: VerificationProvider, *, by: Actor, at: datetime) -> VerificationProvider:
    _check(
        name=provider.name,
        kind=provider.kind,
        level=provider.level,
        validity_days=provider.validity_days,
    )
    try:
        with transaction.atomic():
            provider.save(force_insert=True)
    except IntegrityError as error:
        raise ProviderChanged(
            f"{provider.platform} has a provider of this name already."
        ) from error
    audit.record(action="providers.add", record=provider, by=by, at=at, new=provider.terms)
    return provider


def _check(*, name: str, kind: str, level: str, validity_days: int) -> None:
    if not name.strip():
        raise ProviderNotValid("Name the provider.")
    if kind == Kind.EMAIL and level != Level.BASIC:
        raise ProviderNotValid(
            "A link sent by email shows only that somebody reads the address. Choose Basic."
        )
    if not 1 <= validity_days <= LONGEST:
        raise ProviderNotValid(f"Let it hold for 1 to {LONGEST} days.")
