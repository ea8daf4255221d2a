"""What `manage.py check --deploy` says of an installation, beyond what Django does."""

from typing import Any

from django.conf import settings
from django.core import checks

PER_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache")


@checks.register(checks.Tags.caches, deploy=True)
def cache_is_shared(app_configs: object, **options: Any) -> list[checks.CheckMessage]:
    """Warn where each web process counts by itself."""
    if not settings.CACHES["default"]["BACKEND"].endswith(PER_PROCESS):
        return []
    return [
        checks.Warning(
            "Each web process has a cache of its own: with N of them somebody can send N times as "
            "many requests, and use a one-time code N times.",
            hint="Set CACHE_URL to a Redis or Valkey that they share.",
            id="accord.W001",
        )
    ]
