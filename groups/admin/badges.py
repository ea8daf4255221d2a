"""The counts beside the queues: one grouped query, kept for 30 seconds a person."""

from dataclasses import asdict

from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from groups.queries import workload
from identity.roles import Permission

SECONDS = 30


def counts(request: HttpRequest) -> workload.Workload:
    key = f"staff-workload:{request.user.pk}"
    kept = cache.get(key)
    if kept is None:
        kept = asdict(
            workload.get_workload(
                user_id=request.user.pk,
                at=timezone.now(),
                claim_on=admin.site.platform_ids(request, [Permission.CLAIM_CASES]),
                approve_on=admin.site.platform_ids(request, [Permission.APPROVE_DECISIONS]),
                appeals_on=admin.site.platform_ids(request, [Permission.REVIEW_APPEALS]),
            )
        )
        cache.set(key, kept, SECONDS)
    return workload.Workload(**kept)


def forget(request: HttpRequest) -> None:
    """Count anew: the reader has just changed what waits."""
    cache.delete(f"staff-workload:{request.user.pk}")


def mine(request: HttpRequest) -> int:
    return counts(request).mine


def reviews(request: HttpRequest) -> int:
    return counts(request).reviews


def second(request: HttpRequest) -> int:
    return counts(request).second


def appeals(request: HttpRequest) -> int:
    return counts(request).appeals
