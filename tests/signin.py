"""Signing in through the front door, with a second factor where a test needs one."""

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.urls import reverse

from tests.factories.base import fixture_rows
from tests.factories.identity import PASSWORD

PERIOD = 30
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def add_totp(user, secret=SECRET):
    with fixture_rows():
        auth.TOTP.activate(user, secret)
        return RecoveryCodes.activate(user).get_unused_codes()


def totp_code(secret=SECRET):
    left = PERIOD - time.time() % PERIOD
    if left < 2:  # a code of the last moment would be old when it arrives
        time.sleep(left)
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return auth.format_hotp_value(auth.hotp_value(secret, counter))


def post_password(client, email, password=PASSWORD, *, to=""):
    query = f"?next={to}" if to else ""
    return client.post(reverse("account_login") + query, {"login": email, "password": password})


def sign_in(client, user):
    """Sign `user` in; people with a second factor are asked for it and give it."""
    response = post_password(client, user.email)
    if response.status_code == 302 and response.url == reverse("mfa_authenticate"):
        response = client.post(response.url, {"code": totp_code()})
    assert response.status_code == 302, response.content.decode()
    return client
