"""What every page of the dashboard and of sign-in knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def page(request: HttpRequest) -> dict[str, Any]:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "theme": chosen if chosen in THEMES else "",
        "is_demo": settings.MODE == "demo",
        "support_email": settings.SUPPORT_EMAIL,
    }
