"""Entering the admin as a member of staff who proved a second factor."""

import re

from django.test import Client

from tests import signin


def enter(user, **options):
    """Return a client of its own for `user`, signed in with both factors."""
    signin.add_totp(user)
    return signin.sign_in(Client(**options), user)


def main_part(response, *ids):
    """Return the page without what differs each time it is drawn, and without these ids."""
    text = response.content.decode()
    for pk in ids:
        text = text.replace(str(pk), "")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    return re.sub(r"<code>[0-9a-f-]{36}</code>", "", text)


def text_of(response):
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
