"""How often the tests of faults and races repeat: the size of every run, or that of a release."""

import os

IS_RELEASE = os.environ.get("ACCORD_TEST_SIZE") == "release"


def size(*, every_run: int, release: int) -> int:
    """Choose the number of trials: no failure in 60 excludes 5 %, in 300 excludes 1 % (at 95 %)."""
    return release if IS_RELEASE else every_run
