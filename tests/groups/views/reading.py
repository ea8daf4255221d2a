"""Reading pages as people do: their words, without the tags."""

import html
import re

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def words(response):
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


def bare(response, asked):
    """The page without what differs by request: what was asked for, tokens, the request's id."""
    body = response.content.decode().replace(asked, "ASKED")
    return REQUEST_ID.sub("REQUEST", TOKEN.sub("TOKEN", body))
