import subprocess
import sys
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from django.core.cache import cache


class IssuerProcess:
    """The issuer in a process of its own."""

    def __init__(self, url):
        self.url = url

    def be(self, mode):
        urlopen(f"{self.url}/mode?is={quote(mode)}").close()

    def rotate(self):
        urlopen(f"{self.url}/rotate").close()


@pytest.fixture(scope="session")
def issuer_process():
    command = [sys.executable, "-m", "tests.identity.openid.hostile_issuer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield IssuerProcess(process.stdout.readline().strip())
        finally:
            process.terminate()


@pytest.fixture
def issuer(issuer_process):
    cache.clear()
    issuer_process.be("honest")
    yield issuer_process
    cache.clear()
