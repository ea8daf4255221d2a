"""What `make demo` prints when everything runs: addresses, logins, and two things to try."""

import hmac
import json
import struct
import time
from base64 import b32decode
from typing import Any

from portal.demo import home


def read() -> dict[str, Any]:
    """Return what `load_demo` wrote: logins, partner, webhook_secret, try."""
    demo: dict[str, Any] = json.loads(home.DEMO.read_text())
    return demo


def totp(secret: str, at: float | None = None) -> str:
    """Return the six digits of RFC 6238 (SHA-1, 30 s) that an authenticator app would show."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    counter = struct.pack(">Q", int((time.time() if at is None else at) // 30))
    digest = hmac.digest(key, counter, "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def text(demo: dict[str, Any], *, url: str) -> str:
    """Lay out the lines from what `load_demo` wrote to `.accord/demo.json`."""
    staff = [login for login in demo["logins"] if login.get("totp_secret")]
    owners = [login for login in demo["logins"] if not login.get("totp_secret")]
    partner = demo["partner"]
    lines = [
        f"Accord runs at {url}",
        "",
        _row("Password of everybody", demo["logins"][0]["password"]),
        "",
        _row("Staff", f"{url}/admin/"),
        _row("", "also asks for a code; these hold for half a minute"),
        *(
            _row(f"  {login['role']}", f"{login['email']:<22}{totp(login['totp_secret'])}")
            for login in staff
        ),
        *(_row("  A new code", f"make code EMAIL={login['email']}") for login in staff[:1]),
        "",
        _row("Owners of groups", f"{url}/"),
        *(_row(f"  {login['role']}", login["email"]) for login in owners),
        "",
        _row("Partners (API)", f"{url}/api/docs/"),
        _row("  Client id", partner["client_id"]),
        _row("  Client secret", partner["client_secret"]),
        "",
        _row("Mail that was sent", f"{url}/demo/mail/"),
        _row("Webhooks received", f"{url}/demo/webhooks/"),
        "",
        "Two things to try",
        *(f"  {line}" for line in demo["try"]),
        "",
        "Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


def _row(name: str, value: str) -> str:
    return f"  {name:<24}{value}"
