"""Work that takes long is refused when this process has as much of it as it can do.

A refusal costs little and says when to come back; a queue would cost every request in it its time
and its memory. What is quick goes on being answered. The web server needs more threads than there
are places, or it queues before anything can be refused.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.core import errors

Rest = ParamSpec("Rest")
Handler = Callable[Concatenate[APIView, Request, Rest], HttpResponseBase]


class Overloaded(errors.Unavailable):
    """Accord is at work on as many such requests as it can. This one had no effect."""

    code = "overloaded"
    title = "Too much at once"
    advice = "Send the same request again after the seconds named in Retry-After, fewer at once."
    retry_after = 1


class Places:
    """So many places in this process. A request takes one for every `size` bytes it begins."""

    def __init__(self, count: int, *, size: int) -> None:
        self.count = count
        self._size = size
        self._free = count
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, *, length: int) -> Iterator[None]:
        """Hold the places of a body of `length` bytes. Raises Overloaded; nobody waits."""
        # One that is larger than everything has everything to itself.
        wanted = min(self.count, length // self._size + 1)
        with self._lock:
            if wanted > self._free:
                raise Overloaded("Accord is busy with other requests of this kind.")
            self._free -= wanted
        try:
            yield
        finally:
            with self._lock:
                self._free += wanted

    def needed(self, handler: "Handler[Rest]") -> "Handler[Rest]":
        """Let a method of an API view run only while it holds its places."""

        @wraps(handler)
        def wrapped(
            view: APIView, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs
        ) -> HttpResponseBase:
            with self.taken(length=len(request._request.body)):
                return handler(view, request, *args, **kwargs)

        return wrapped
