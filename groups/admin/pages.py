"""What the admin's own pages share: who may see them, and how they are drawn."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.urls import reverse
from django.utils import timezone

from identity import access
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.errors import Forbidden


class NotForYourRole(Forbidden):
    """The page is for people with another role."""

    code = "page-not-for-your-role"
    title = "Your role does not open this page"
    advice = "Ask an administrator of the platform for the role that brings it."


def platforms(request: HttpRequest, *permissions: Permission) -> Collection[UUID]:
    """Return where the reader has any of `permissions`. Raises NotForYourRole when nowhere."""
    found = admin.site.platform_ids(request, permissions)
    if not found:
        raise NotForYourRole("None of your roles opens this page.")
    return found


def may(request: HttpRequest, permission: Permission, platform_id: UUID) -> bool:
    return platform_id in admin.site.platform_ids(request, [permission])


def require(request: HttpRequest, permission: Permission, platform_id: UUID) -> None:
    """Raise StaffOnly unless the reader has `permission` on this platform."""
    if not may(request, permission, platform_id):
        raise access.StaffOnly(
            "Your role on this platform does not allow this.", permission=permission.value
        )


def actor(request: HttpRequest) -> Actor:
    return Actor.user(request.user)


def version(request: HttpRequest) -> int:
    """Return the version that the form showed; none at all is as stale as an old one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def now() -> datetime:
    return timezone.now()


def render(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    trail: tuple[tuple[str, str], ...] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Draw a page inside the admin; `trail` names the pages above it and their addresses."""
    request.current_app = admin.site.name
    full = {
        **admin.site.each_context(request),
        "title": title,
        "trail": [{"title": name, "link": link} for name, link in trail],
        "is_fullwidth": "1",
        **context,
    }
    return render_template(request, template, full, status=status)


def instead_of_the_work(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let htmx replace the whole workspace: its queue, timeline and form all may have changed."""
    if request.headers.get("HX-Request") == "true":
        response["HX-Retarget"] = "#work"
        response["HX-Reselect"] = "#work"
        response["HX-Reswap"] = "outerHTML"
    return response


def home() -> tuple[str, str]:
    return ("Overview", reverse("admin:index"))
