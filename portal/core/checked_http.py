"""One request to somebody else's server: one deadline for all of it, no redirects, only to an
address that was checked, and no more of the answer than asked for."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from portal.core import public_addresses
from portal.core.public_addresses import Target


class AnswerTooLarge(Exception):
    """The server sends more than was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    ends: float,
    allow_loopback: bool,
    body: bytes = b"",
    most_bytes: int = 0,
) -> Answer:
    """Send one request and read up to `most_bytes` of the answer, until `ends` (monotonic).

    Raises AddressRefused, OSError (TimeoutError once it ends), HTTPException, AnswerTooLarge.
    """
    resolver = _resolver(ends)
    target = public_addresses.find_target(url, allow_loopback=allow_loopback, resolver=resolver)
    return _send(method, target, headers, body, ends, most_bytes)


def _send(
    method: str,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    ends: float,
    most_bytes: int,
) -> Answer:
    connection = _Connection(target, ends)
    # The socket's timeout starts anew with every byte; this ends the request as a whole.
    watchdog = threading.Timer(_remaining(ends), connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request(method, target.path, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        read = response.read(most_bytes + 1) if most_bytes else b""
        # What was cut off looks like the end of it.
        connection.refuse_if_cut()
        if len(read) > most_bytes:
            raise AnswerTooLarge
        return Answer(response.status, read)
    finally:
        watchdog.cancel()
        connection.close()


def _resolver(ends: float) -> public_addresses.Resolver:
    """Resolve names until `ends`. Nothing stops the system's resolver, so it is left behind."""

    def resolve(host: str, port: int) -> list[str]:
        found: Future[list[str]] = Future()

        def ask() -> None:
            try:
                found.set_result(public_addresses.resolve(host, port))
            except (OSError, ValueError) as error:
                found.set_exception(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        return found.result(timeout=_remaining(ends))

    return resolve


def _remaining(ends: float) -> float:
    seconds = ends - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Connection(http.client.HTTPConnection):
    """Connects to the checked address, while Host and certificate are those of the name."""

    def __init__(self, target: Target, ends: float) -> None:
        super().__init__(target.host, target.port, timeout=_remaining(ends))
        self.target = target
        self.ends = ends
        self.is_cut = False

    def connect(self) -> None:
        secure = self.target.scheme == "https"
        context = ssl.create_default_context() if secure else None
        address = (self.target.address, self.port)
        self.sock = socket.create_connection(address, _remaining(self.ends))
        if context is not None:
            # The handshake comes after: `cut` has to find the socket that is in it.
            wrapped = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = wrapped
            self.refuse_if_cut()
            wrapped.settimeout(_remaining(self.ends))
            wrapped.do_handshake()
        self.refuse_if_cut()
        self.sock.settimeout(_remaining(self.ends))

    def cut(self) -> None:
        """End the request from another thread, whatever it waits for."""
        # The mark first: who sets the socket at this moment sees it and gives up.
        self.is_cut = True
        sock = self.sock
        if sock is not None:
            # Not SSLSocket.shutdown: it drops the encryption before it shuts.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def refuse_if_cut(self) -> None:
        if self.is_cut:
            raise TimeoutError
