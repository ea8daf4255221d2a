"""The cache that all web processes share, so that they count requests and used codes together."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ
import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.core.exceptions import ImproperlyConfigured
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)
# In front of every key: the broker of Celery can be in the same database.
KEY_PREFIX = "accord-cache"
AWAY_SECONDS = 5.0
_AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ReadOnlyError)


def configuration(cache_url: str, *, broker_url: str, is_production: bool) -> dict[str, Any]:
    """Return CACHES: what CACHE_URL says or else, where it is Redis or Valkey, the broker."""
    if not cache_url and not is_production:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    if location := _redis_location(cache_url or broker_url):
        shared = {
            "BACKEND": "portal.core.caches.SharedCache",
            "LOCATION": location,
            "KEY_PREFIX": KEY_PREFIX,
            "OPTIONS": {"socket_timeout": 1.0, "retry": Retry(NoBackoff(), 1)},
        }
        return {"default": shared}
    if not cache_url:
        raise ImproperlyConfigured(
            "CACHE_URL is not set, and BROKER_URL is no Redis or Valkey that could be the cache. "
            "Set it to one, for example redis://cache.internal/0, or to dbcache://accord_cache "
            "and run `manage.py createcachetable`."
        )
    return {"default": environ.Env.cache_url_config(cache_url) | {"KEY_PREFIX": KEY_PREFIX}}


def _redis_location(url: str) -> str:
    """Return the URL as redis-py reads it, or nothing where it is no Redis or Valkey."""
    # Of several brokers the first: Celery takes the others when it fails, the cache itself.
    parts = urlsplit(url.split(";")[0])
    if parts.scheme == "redis+socket":
        database = parse_qs(parts.query).get("virtual_host", ["0"])[0].strip("/")
        return f"unix://{parts.path}?db={database}"
    is_redis = parts.scheme in ("redis", "rediss", "unix")
    return parts.geturl() if is_redis else ""


class _KeptClient(RedisCacheClient):
    """Makes one client of redis-py, not one for each question: that takes as long as the answer."""

    _made: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if self._made is None:
            self._made = super().get_client(key, write=True)
        return self._made


class SharedCache(RedisCache):
    """Redis or Valkey; while it does not answer, each process goes on with a cache of its own.

    Pages and the API work without the broker, so they must not fail when it is the cache, too.
    What is counted then is counted for each process, as long as that lasts.
    """

    _away_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClient
        self._own = LocMemCache("accord-own", params | {"OPTIONS": {}})

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("delete", *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("has_key", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("incr", *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set_many", *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("delete_many", *args, **kwargs)

    def clear(self) -> None:
        """Delete our own keys, not all that is in the database: the broker's queues may be."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*"):
            client.delete(key)
        self._own.clear()

    def _ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= SharedCache._away_until:
            try:
                return getattr(super(), method)(*args, **kwargs)
            except _AWAY as error:
                SharedCache._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("cache_away", error=type(error).__name__, seconds=AWAY_SECONDS)
        return getattr(self._own, method)(*args, **kwargs)
