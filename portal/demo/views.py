"""A mailbox and a webhook receiver for the demo. Mounted in demo mode only, on this machine."""

import email
import email.policy
import fcntl
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal.demo import banner, home

SHOWN = 50
FAILING = "fail"


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """Show the last mails that Accord sent, newest first."""
    files = sorted(home.MAIL.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    messages = []
    for file in files[:SHOWN]:
        # Django appends the mails of one connection, separated by a line of dashes.
        texts = [text.strip() for text in file.read_bytes().split(b"-" * 79)]
        messages += [_message(text) for text in reversed(texts) if text]
    return render(request, "demo/mail.html", {"messages_sent": messages[:SHOWN]})


def _message(text: bytes) -> dict[str, Any]:
    parsed = email.message_from_bytes(text, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    return {
        "to": parsed["To"],
        "subject": parsed["Subject"],
        "at": parsedate_to_datetime(parsed["Date"]).replace(tzinfo=UTC),
        "body": body.get_content() if body else "",
    }


@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show the last webhooks that arrived, newest first, and whether their signature is right."""
    lines = home.WEBHOOKS.read_text().splitlines() if home.WEBHOOKS.exists() else []
    received = [_webhook(json.loads(line)) for line in reversed(lines[-SHOWN:])]
    return render(request, "demo/webhooks.html", {"received": received})


def _webhook(line: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(line["body"])
    except ValueError:
        return line | {"at": datetime.fromisoformat(line["at"]), "type": "Unreadable"}
    shown = json.dumps(body, indent=2, ensure_ascii=False)
    return line | {
        "at": datetime.fromisoformat(line["at"]),
        "type": body.get("type", "") if isinstance(body, dict) else "",
        "body": shown,
    }


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take a webhook as a partner would: verify with the official library, then keep it.

    With `?fail` it answers 500, so that the demo shows a delivery that keeps failing.
    """
    if FAILING in request.GET:
        return HttpResponse("This receiver always fails.", status=500)
    try:
        Webhook(banner.read()["webhook_secret"]).verify(
            request.body.decode(), dict(request.headers)
        )
    except (WebhookVerificationError, UnicodeDecodeError):
        verified = False
    else:
        verified = True
    line = {
        "at": timezone.now().isoformat(),
        "id": request.headers.get("webhook-id", ""),
        "verified": verified,
        "body": request.body.decode(errors="replace")[:4000],
    }
    with home.WEBHOOKS.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(line) + "\n")
    return HttpResponse(status=204 if verified else 401)
