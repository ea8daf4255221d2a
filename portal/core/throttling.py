"""Requests are counted by API client, never by address: partners share networks."""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from portal.core import clients

if TYPE_CHECKING:
    # At run time DRF loads this module while it still defines APIView.
    from rest_framework.views import APIView


class ClientThrottle(BaseThrottle):
    """Let each client send settings.API_REQUESTS_PER_MINUTE, in bursts of up to ten seconds' worth.

    The generic cell rate algorithm: one number a client, the time at which its bucket is empty
    again. The web processes share it; two requests in the same instant may count as one.
    """

    burst_seconds = 10.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        client_id = clients.calling_client_id(request)
        if client_id is None:
            return True
        now = time.time()
        spacing: float = 60 / settings.API_REQUESTS_PER_MINUTE
        key = f"throttle:{client_id}"
        empty_at = max(now, cache.get(key, now)) + spacing
        if empty_at > now + self.burst_seconds + 2 * spacing:
            # Nobody is ever that far ahead: the clock was set back.
            empty_at = now + spacing
        self.waiting: float = empty_at - now - max(self.burst_seconds, spacing)
        if self.waiting > 0:
            return False
        cache.set(key, empty_at, timeout=self.burst_seconds * 2 + spacing)
        return True

    def wait(self) -> float:
        return self.waiting
