import platform

import pytest

from portal.core import memory


def test_large_blocks_are_given_back():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("this is not glibc")
    assert memory.give_back_large_blocks()
