"""The count beside the verification requests, kept for 30 seconds a person."""

from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest

from identity import queries
from identity.roles import Permission

SECONDS = 30


def _key(request: HttpRequest) -> str:
    return f"open-verification-requests:{request.user.pk}"


def requests(request: HttpRequest) -> int:
    platforms = admin.site.platform_ids(request, [Permission.REVIEW_VERIFICATIONS])
    if not platforms:
        return 0
    kept = cache.get(_key(request))
    if kept is None:
        kept = queries.count_open(platforms=platforms)
        cache.set(_key(request), kept, SECONDS)
    return int(kept)


def forget(request: HttpRequest) -> None:
    """Count anew: the reader has just changed what waits."""
    cache.delete(_key(request))
