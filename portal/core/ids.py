"""Identifiers that may be shown outside."""

import os
import threading
import time
from uuid import UUID

# Of the time in an identifier: 4,096 steps a millisecond, of 244 ns each.
_STEPS = 4096
_SECOND = 1000 * _STEPS
_making = threading.Lock()
_latest = 0


def uuid7() -> UUID:
    """Return a UUID, version 7, that sorts after those this process made before.

    What one action writes is so listed in the order in which it was written: the twelve bits
    after the milliseconds say when within one, and a moment that is taken makes way for the next
    (RFC 9562 section 6.2, method 3). The last 62 bits are random. A clock that was set back by
    more than a second is believed.
    """
    global _latest
    with _making:
        moment = time.time_ns() * _STEPS // 1_000_000
        if _latest - _SECOND < moment <= _latest:
            moment = _latest + 1
        _latest = moment
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=moment >> 12 << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0x2 << 62 | random)
