"""The database and the broker: those that the environment names, or embedded ones."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from portal.embedded import postgres, valkey
from portal.embedded.places import Refused
from portal.embedded.processes import Tree

DATABASE = "accord"
OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
BROKER_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


def start_database(tree: Tree, folder: Path, *, durable: bool, say: Callable[[str], None]) -> str:
    """Return DATABASE_URL after a look at it, or start PostgreSQL in `folder`."""
    if url := os.environ.get("DATABASE_URL"):
        check_database(url)
        return url
    return postgres.start(tree, folder / "postgres", database=DATABASE, durable=durable, say=say)


def start_broker(tree: Tree, folder: Path) -> str:
    """Return BROKER_URL after a look at it, or start Valkey in `folder`."""
    if url := os.environ.get("BROKER_URL"):
        check_broker(url)
        return url
    return valkey.start(tree, folder / "valkey")


def check_database(url: str) -> None:
    """Raise Refused unless a PostgreSQL that Accord supports answers at `url`."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise Refused(
            f"DATABASE_URL names a database that does not answer: {str(error).strip()}\n"
            "Start it or create the database, correct DATABASE_URL, or unset it to use the "
            "embedded PostgreSQL."
        ) from error
    if not OLDEST_POSTGRES <= version <= NEWEST_POSTGRES:
        raise Refused(
            f"DATABASE_URL names a PostgreSQL {version}; Accord runs on "
            f"{OLDEST_POSTGRES} to {NEWEST_POSTGRES}."
        )


def check_broker(url: str) -> None:
    """Raise Refused unless something listens where `url` points."""
    parts = urlsplit(url)
    if parts.scheme not in BROKER_PORTS:
        return
    port = parts.port or BROKER_PORTS[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=5).close()
    except OSError as error:
        raise Refused(
            f"BROKER_URL names a broker that does not answer ({parts.hostname}:{port}: "
            f"{error.strerror}).\n"
            "Start it, correct BROKER_URL, or unset it to use the embedded Valkey."
        ) from error
