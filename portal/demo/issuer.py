"""An OpenID Connect provider with invented people, for `make demo` and the tests.

A program of its own, as real providers are: `python -m portal.demo.issuer --port 8090`. It keeps
nothing, knows one client, and says more of its people than it is asked for, as some do.
"""

import argparse
import hashlib
import html
import json
import secrets
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from portal.embedded.processes import end_with_parent

CLIENT_ID = "accord-demo"
CLIENT_SECRET = "demo-issuer-secret"
BACK = "/verifications/back/"
CODE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    name: str
    how: str
    assurance: str


PEOPLE = (
    Person("7f3a-ada", "Ada Example", "Checked in person (eIDAS high)", "high"),
    Person("91c0-ben", "Ben Example", "Checked by video (eIDAS substantial)", "substantial"),
    Person("c24d-cleo", "Cleo Example", "Only signs in here, never checked", ""),
)


@dataclass
class Grant:
    """What a code stands for."""

    person: Person
    nonce: str
    challenge: str
    redirect_uri: str
    expires: float


@dataclass
class Issuer:
    """Says what a provider says; `url` is its issuer, to the letter."""

    url: str
    key: ECKey = field(default_factory=lambda: new_key("k-1"))
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "verified_claims_supported": True,
            "trust_frameworks_supported": ["eidas"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def grant(self, person: Person, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(
            person=person,
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
            redirect_uri=asked.get("redirect_uri", ""),
            expires=time.time() + CODE_SECONDS,
        )
        return code

    def exchange(self, form: dict[str, str], credentials: str) -> tuple[int, dict[str, Any]]:
        """Answer the token endpoint: a code counts once, for its client and its verifier."""
        if credentials != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return 401, {"error": "invalid_client"}
        grant = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        verifier = urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = grant and (verifier, form.get("redirect_uri")) == (
            grant.challenge,
            grant.redirect_uri,
        )
        if not grant or not fits or grant.expires < time.time():
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(16)
        self.tokens[access_token] = grant.person
        id_token = self.sign(self.claims(grant.person) | {"nonce": grant.nonce})
        return 200, {
            "access_token": access_token,
            "token_type": "Bearer",
            "id_token": id_token,
            "expires_in": CODE_SECONDS,
        }

    def claims(self, person: Person) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.url,
            "sub": person.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            **self.said_of(person),
        }

    def said_of(self, person: Person) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": person.name,
            "birthdate": "1990-01-01",
            "sub": person.subject,
        }
        if person.assurance:
            told["verified_claims"] = {
                "verification": {
                    "trust_framework": "eidas",
                    "assurance_level": person.assurance,
                    "time": "2026-10-01T09:30:00Z",
                    "verification_process": f"check-{person.subject[:4]}",
                },
                "claims": {"given_name": person.name.split()[0], "birthdate": "1990-01-01"},
            }
        return told

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)


def new_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", parameters={"kid": kid, "use": "sig", "alg": "ES256"})


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;
color:#13212b;background:#f6f8fa}}a{{display:block;padding:.75rem 1rem;margin:.5rem 0;
background:#fff;border:1px solid #6a7985;border-radius:10px;color:#004f5d}}
@media(prefers-color-scheme:dark){{body{{color:#e7edf0;background:#0e1417}}a{{background:#172025;
color:#8adbe6}}}}</style></head><body><main><h1>{title}</h1>
<p>This stands for a real identity provider. The people are invented; choose whom to be.</p>
{links}</main></body></html>"""


class Handler(BaseHTTPRequestHandler):
    server_version = "DemoIssuer"
    issuer: Issuer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path:
            case "/.well-known/openid-configuration":
                self.send_json(200, self.issuer.metadata())
            case "/keys":
                self.send_json(200, self.issuer.keys())
            case "/userinfo":
                self.send_userinfo()
            case "/authorize":
                self.show_people(asked)
            case "/choose":
                self.send_back(asked)
            case _:
                self.send_json(404, {"error": "not_found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        credentials = unquote(b64decode(basic).decode())
        self.send_json(*self.issuer.exchange(form, credentials))

    def show_people(self, asked: dict[str, str]) -> None:
        target = urlsplit(asked.get("redirect_uri", ""))
        is_ours = target.hostname in ("127.0.0.1", "localhost") and target.path == BACK
        if asked.get("client_id") != CLIENT_ID or not is_ours:
            self.send_json(400, {"error": "invalid_request"})
            return
        links = [
            (f"{person.name}: {person.how}", asked | {"person": person.subject})
            for person in PEOPLE
        ]
        links.append(("None of them: go back", asked | {"person": ""}))
        drawn = "".join(
            f'<a href="/choose?{html.escape(urlencode(given))}">{html.escape(text)}</a>'
            for text, given in links
        )
        page = PAGE.format(title="Demo identity provider", links=drawn)
        self.send(200, "text/html; charset=utf-8", page.encode())

    def send_back(self, asked: dict[str, str]) -> None:
        person = next((one for one in PEOPLE if one.subject == asked.get("person")), None)
        answer = {"state": asked.get("state", ""), "iss": self.issuer.url}
        if person is None:
            answer["error"] = "access_denied"
        else:
            answer["code"] = self.issuer.grant(person, asked)
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_userinfo(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        person = self.issuer.tokens.get(token)
        if person is None:
            self.send_json(401, {"error": "invalid_token"})
        else:
            self.send_json(200, self.issuer.said_of(person))

    def send_json(self, status: int, value: object) -> None:
        self.send(status, "application/json", json.dumps(value).encode())

    def send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses here carry codes."""


def serve(port: int, *, handler: type[Handler] = Handler, issuer: type[Issuer] = Issuer) -> None:
    """Serve until stopped, and print where."""
    end_with_parent()
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    url = f"http://127.0.0.1:{server.server_port}"
    handler.issuer = issuer(url)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    serve(parser.parse_args().port)
