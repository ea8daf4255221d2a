"""Secrets of second factors move to the first key of FIELD_KEYS."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from identity import second_factors
from portal.core import audit, keyring
from portal.core.actors import Actor


@transaction.atomic(savepoint=False)
def rotate(*, by: Actor, at: datetime) -> int:
    """Encrypt again what another key encrypted. Return how many second factors changed.

    One transaction for all of them: a few rows for each person who signs in.
    """
    primary = keyring.current().primary
    changed = 0
    for factor in Authenticator.objects.select_for_update().order_by("pk"):
        old = {name: factor.data[name] for name in second_factors.SECRETS if name in factor.data}
        moved = {
            name: second_factors.seal(second_factors.unseal(sealed))
            for name, sealed in old.items()
            if second_factors.key_of(sealed) != primary
        }
        if moved:
            factor.data |= moved
            factor.save(update_fields=["data"])
            changed += 1
    if changed:
        new = {"key": primary, "rows": changed}
        audit.record(action="second_factors.rotate", record=Authenticator, by=by, at=at, new=new)
    return changed
