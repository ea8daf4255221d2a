"""Which level a provider's words about a check amount to.

`verified_claims` is read as OpenID Connect for Identity Assurance 1.0 (section 5) writes it; of its
`verification` only the trust framework, the assurance level, the time and the process are looked
at, of its `claims` nothing. The levels are those of eIDAS (Commission Implementing Regulation (EU)
2015/1502) and NIST SP 800-63A (IAL1 to IAL3), as identity's Level maps them.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from identity.models.verifications import Level

LEVELS = list(Level.values)
# By trust framework and assurance level, in lower case.
FRAMEWORKS: Mapping[str, Mapping[str, str]] = {
    "eidas": {"low": "BASIC", "substantial": "SUBSTANTIAL", "high": "HIGH"},
    "nist_800_63a": {"ial1": "BASIC", "ial2": "SUBSTANTIAL", "ial3": "HIGH"},
}
# Where only the sign-in's own class is told (`acr`): the URIs of eIDAS and of NIST.
CLASSES: Mapping[str, str] = {
    "http://eidas.europa.eu/loa/low": "BASIC",
    "http://eidas.europa.eu/loa/substantial": "SUBSTANTIAL",
    "http://eidas.europa.eu/loa/high": "HIGH",
    "http://idmanagement.gov/ns/assurance/ial/1": "BASIC",
    "http://idmanagement.gov/ns/assurance/ial/2": "SUBSTANTIAL",
    "http://idmanagement.gov/ns/assurance/ial/3": "HIGH",
}
PLAIN = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")
OPAQUE = re.compile(r"[A-Za-z0-9_.:/-]{1,120}")


@dataclass(frozen=True, slots=True)
class Assurance:
    """What is attested: a level, in a few words how, the provider's reference, and when."""

    level: str
    method: str
    reference: str
    checked_at: datetime | None


def read(told: Mapping[str, Any], *, most: str) -> Assurance:
    """Return the best that is told, never above `most`.

    A provider that tells nothing attests basic; what cannot be understood counts as not told.
    """
    found = [one for each in _list(told.get("verified_claims")) if (one := _verified(each))]
    if not found and (level := CLASSES.get(str(told.get("acr", "")).lower())):
        found = [Assurance(level, "Signed in with OpenID Connect", "", None)]
    best = max(
        found,
        key=lambda one: LEVELS.index(one.level),
        default=Assurance(Level.BASIC.value, "Signed in with OpenID Connect", "", None),
    )
    level = min(best.level, most, key=LEVELS.index)
    return Assurance(level, best.method, best.reference, best.checked_at)


def _list(value: Any) -> list[Any]:
    return value[:10] if isinstance(value, list) else [value]


def _verified(value: Any) -> Assurance | None:
    verification = value.get("verification") if isinstance(value, dict) else None
    if not isinstance(verification, dict):
        return None
    framework, level = (
        str(verification.get(name, "")) for name in ("trust_framework", "assurance_level")
    )
    known = FRAMEWORKS.get(framework.lower(), {}).get(level.lower())
    if known is None or not PLAIN.fullmatch(framework):
        return None
    method = f"OpenID Connect, {framework} {level}"
    return Assurance(
        known, method, _reference(verification.get("verification_process")), _time(verification)
    )


def _reference(process: Any) -> str:
    """Return the process's own reference; one that could be words is kept as a digest."""
    text = process if isinstance(process, str) else ""
    if not text or OPAQUE.fullmatch(text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _time(verification: Mapping[str, Any]) -> datetime | None:
    text = verification.get("time")
    try:
        moment = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
