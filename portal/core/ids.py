"""Identifiers that may be shown outside."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a time-ordered UUID, version 7 (RFC 9562 section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
