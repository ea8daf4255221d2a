"""Five wrong passwords lock an address for a while; axes counts, these words explain."""

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def name_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Say whose sign-in this is: the address, as the database compares it."""
    given = credentials or {}
    address = given.get("email") or given.get("username") or request.POST.get("login", "")
    return str(address).strip().lower()


def until(name: str, *, at: datetime) -> datetime:
    last = (
        AccessAttempt.objects.filter(username=name)
        .order_by("-attempt_time")
        .values_list("attempt_time", flat=True)
        .first()
    )
    end: datetime = (last or at) + settings.AXES_COOLOFF_TIME
    return end


def respond(
    request: HttpRequest,
    response: HttpResponse | None,
    credentials: dict[str, Any] | None,
) -> HttpResponse:
    """Answer a locked sign-in with what happened, until when, and what to do."""
    now = timezone.now()
    end = until(name_of(request, credentials), at=now)
    context = {"until": end, "failures": settings.AXES_FAILURE_LIMIT}
    answer = render(request, "account/locked.html", context, status=429)
    answer["Retry-After"] = str(max(1, int((end - now).total_seconds())))
    return answer
