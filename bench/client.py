"""A cheap HTTP client: prepared bytes over kept-alive sockets, because it shares the cores."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Connection:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def port(self) -> int:
        """Our end, by which the worker that serves us is found."""
        number: int = self._socket.getsockname()[1]
        return number

    def send(self, request: bytes) -> Answer:
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        parts = [body]
        missing = length - len(body)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        return Answer(int(lines[0].split(b" ")[1]), b"".join(parts))

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        if part := self._socket.recv(1 << 18):
            return part
        raise ConnectionError("The server closed the connection.")


def post(
    path: str, body: bytes, *, media_type: str, token: str | None = None, scheme: str = "Bearer"
) -> bytes:
    """Prepare a request. The proxy in front of Accord ended TLS, it says."""
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "X-Forwarded-Proto: https",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
    ]
    if token is not None:
        head.append(f"Authorization: {scheme} {token}")
    return "\r\n".join([*head, "", ""]).encode() + body


def drive(connections: Sequence[Connection], requests: Sequence[Sequence[bytes]]) -> float:
    """Send each client's requests one after the other, all clients at once; return the seconds.

    Raises AssertionError unless every event of every request was taken.
    """
    failures: list[str] = []
    gate = threading.Barrier(len(requests) + 1)

    def work(connection: Connection, mine: Sequence[bytes]) -> None:
        gate.wait()
        try:
            for request in mine:
                answer = connection.send(request)
                # An answer of Accord counts what it refused; the ordinary views never do.
                if answer.status not in (200, 201) or _refuses(answer.body):
                    failures.append(f"{answer.status} {answer.body[:300]!r}")
        except (OSError, StopIteration, ValueError) as error:
            failures.append(repr(error))

    threads = [
        threading.Thread(target=work, args=pair, daemon=True)
        for pair in zip(connections, requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    assert not failures, f"{len(failures)} requests failed, the first: {failures[0]}"
    return seconds


def _refuses(body: bytes) -> bool:
    return b'"refused":' in body and b'"refused":0' not in body
