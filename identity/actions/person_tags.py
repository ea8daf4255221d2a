"""Tags by which a person under a restriction is known again, and nothing else of them."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.db import transaction

from identity.models import Account, PersonTag, TagKey
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def remember(*, account: Account, issuer: str, subject: str, by: Actor, at: datetime) -> PersonTag:
    """Tag the account with the person whom `issuer` means by `subject`; neither is stored."""
    key = _get_key(account.platform, by=by, at=at)
    digest = hmac.digest(key.encode(), f"{issuer}\0{subject}".encode(), hashlib.sha256)
    tag, is_new = PersonTag.objects.get_or_create(
        account=account, digest=digest, defaults={"created_at": at}
    )
    if is_new:
        audit.record(
            action="person_tags.remember",
            record=account,
            platform_id=account.platform_id,
            by=by,
            at=at,
        )
    return tag


def _get_key(platform: Platform, *, by: Actor, at: datetime) -> str:
    found, is_new = TagKey.objects.get_or_create(
        platform=platform, defaults={"key": secrets.token_urlsafe(48), "created_at": at}
    )
    if is_new:
        audit.record(action="person_tags.make_key", record=platform, by=by, at=at)
    return found.key
