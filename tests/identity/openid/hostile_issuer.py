"""The demo's issuer, told to do one thing wrong: `GET /mode?is=…` says which, for what follows."""

import argparse
import json
import time
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from portal.demo.issuer import CLIENT_ID, Handler, Issuer, new_key, serve

SECONDS_TOO_SLOW = 30


def unsigned(claims):
    def part(value):
        return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


class Hostile(Issuer):
    mode = ""
    last_token = ""

    def metadata(self):
        told = super().metadata()
        changes = {
            "another issuer": {"issuer": self.url + "/"},
            "no endpoints": {"token_endpoint": None},
            "script address": {"authorization_endpoint": "javascript:alert(1)"},
            "private address": {"token_endpoint": "http://10.0.0.7/token"},
        }
        return told | changes.get(self.mode, {})

    def keys(self):
        if self.mode == "keys are no keys":
            return {"keys": "none"}
        return super().keys()

    def claims(self, person):
        told, now = super().claims(person), int(time.time())
        changes = {
            "wrong audience": {"aud": "another-client"},
            "shared audience": {"aud": [CLIENT_ID, "another-client"]},
            "for another party": {"azp": "another-client"},
            "expired": {"exp": now - 120},
            "no expiry": {"exp": None},
            "issued long ago": {"iat": now - 3600},
            "issued tomorrow": {"iat": now + 86_400},
            "from another issuer": {"iss": "https://elsewhere.example"},
            "no subject": {"sub": ""},
            "subject is no text": {"sub": 7},
            "endless subject": {"sub": "x" * 10_000},
            "userinfo of another": {"sub": person.subject},
            "checked tomorrow": self._assured(time="2999-01-01T00:00:00Z"),
            "checked long ago": self._assured(time="2001-01-01T00:00:00Z"),
            "unknown framework": self._assured(trust_framework="made_up"),
            "unknown level": self._assured(assurance_level="supreme"),
            "claims are no claims": {"verified_claims": "high"},
            "level by class": {
                "verified_claims": None,
                "acr": "http://eidas.europa.eu/LoA/substantial",
            },
            "several checks": {
                "verified_claims": [
                    self._assured(assurance_level="low")["verified_claims"],
                    "nonsense",
                    self._assured(assurance_level="substantial")["verified_claims"],
                ]
            },
        }
        return told | changes.get(self.mode, {})

    def _assured(self, **changes):
        verification = {"trust_framework": "eidas", "assurance_level": "high"}
        return {"verified_claims": {"verification": verification | changes, "claims": {}}}

    def exchange(self, form, credentials):
        status, told = super().exchange(form, credentials)
        if self.mode == "no token" and status == 200:
            del told["id_token"]
        if self.mode == "only in userinfo" and status == 200:
            told["id_token"] = self.last_token
        return status, told

    def said_of(self, person):
        told = super().said_of(person)
        if self.mode == "userinfo of another":
            return {**told, "sub": "somebody-else", "verified_claims": None}
        return told

    def sign(self, claims):
        if self.mode in ("only in userinfo", "userinfo of another"):
            claims = {name: claims[name] for name in claims if name != "verified_claims"}
        token = self._sign(claims)
        if self.mode == "replayed":
            # What it signed for the attempt before.
            token, self.last_token = self.last_token or token, token
        else:
            self.last_token = token
        return token

    def _sign(self, claims):
        match self.mode:
            case "unsigned":
                return unsigned(claims)
            case "signed with the secret":
                key = OctKey.import_key("demo-issuer-secret-demo-issuer-secret")
                return jwt.encode({"alg": "HS256"}, claims, key)
            case "signed with a public key":
                # The classic confusion: what everybody knows, taken for a shared secret.
                public = json.dumps(self.key.as_dict(private=False))
                return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public))
            case "signed by somebody else":
                stranger = new_key(self.key.kid)
                return jwt.encode({"alg": "ES256", "kid": stranger.kid}, claims, stranger)
            case "unknown key":
                stranger = RSAKey.generate_key(2048, parameters={"kid": "k-9"})
                return jwt.encode({"alg": "RS256", "kid": "k-9"}, claims, stranger)
            case "garbage":
                return "a.b.c"
        return super().sign(claims)


class HostileHandler(Handler):
    def do_GET(self):  # noqa: N802
        parts = urlsplit(self.path)
        if parts.path == "/mode":
            self.issuer.mode = parse_qs(parts.query)["is"][0]
            self.send_json(200, {})
        elif parts.path == "/rotate":
            self.issuer.key = new_key(f"k-{time.monotonic_ns()}")
            self.send_json(200, {})
        elif self._misbehaves("metadata", parts.path == "/.well-known/openid-configuration"):
            pass
        else:
            super().do_GET()

    def do_POST(self):  # noqa: N802
        if not self._misbehaves("token", True):
            super().do_POST()

    def _misbehaves(self, what, concerned):
        """Answer wrongly where the mode is about this endpoint; say whether it was."""
        if not concerned or not self.issuer.mode.endswith(f" {what}"):
            return False
        match self.issuer.mode.removesuffix(f" {what}"):
            case "huge":
                self.send(200, "application/json", b'{"x": "' + b"x" * 600_000 + b'"}')
            case "slow":
                time.sleep(SECONDS_TOO_SLOW)
            case "moved":
                self.send_response(302)
                self.send_header("Location", f"{self.issuer.url}/keys")
                self.end_headers()
            case "broken":
                self.send(200, "application/json", b"{")
            case "deep":
                self.send(200, "application/json", b"[" * 100_000)
            case "failing":
                self.send_json(500, {"error": "server_error"})
            case "refusing":
                self.send_json(400, {"error": "invalid_grant"})
            case "list as":
                self.send_json(200, [1, 2])
        return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    serve(parser.parse_args().port, handler=HostileHandler, issuer=Hostile)
