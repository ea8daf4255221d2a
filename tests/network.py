"""A pytest plugin: tests open sockets to this machine only."""

import ipaddress
import socket

import pytest

LOOPBACK_NAMES = {"localhost", ""}


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    originals = socket.socket.connect, socket.socket.connect_ex

    def connect(self, address):
        refuse_outside(self, address)
        return originals[0](self, address)

    def connect_ex(self, address):
        refuse_outside(self, address)
        return originals[1](self, address)

    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
    yield
    socket.socket.connect, socket.socket.connect_ex = originals


def refuse_outside(opened, address):
    if opened.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    if host in LOOPBACK_NAMES or ipaddress.ip_address(host).is_loopback:
        return
    raise AssertionError(f"A test tried to reach {host}. Tests reach this machine only.")
