"""Members of staff by a name that says nothing of them, the same at any time on one platform."""

from uuid import UUID

from django.utils.crypto import salted_hmac

from portal.core.models import Platform


def of_reviewer(*, platform: Platform, user_id: UUID) -> str:
    """Return a name such as "Reviewer 7F3A-91C2".

    It is an HMAC under SECRET_KEY: the same person has another one on another platform, and
    nobody without the key can tell whose it is by trying ids. With a new key all change.
    """
    text = f"{platform.pk}\0{user_id}"
    digest = salted_hmac("reports.pseudonyms", text, algorithm="sha256").hexdigest().upper()
    return f"Reviewer {digest[:4]}-{digest[4:8]}"
