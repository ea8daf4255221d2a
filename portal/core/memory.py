"""How this process gives memory back that large requests needed."""

import ctypes

# Source: glibc, malloc/malloc.h.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
LARGE = 1024 * 1024


def give_back_large_blocks() -> bool:
    """Let glibc take each large block from the system by itself, and return it at once.

    Left alone it learns from the first body of 10 MiB to keep such blocks, apart for each thread,
    and the holes between them are never returned. Return whether the C library understood.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False  # Another C library has ways of its own.
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE)) and bool(mallopt(_M_ARENA_MAX, 2))
