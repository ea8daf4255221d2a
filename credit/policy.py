"""The policy document: its shape, its checks, and the one Accord ships (docs/standing.md)."""

from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from credit import policy_checks
from credit.models import Policy, Privilege
from portal.core.errors import Invalid

Points = Annotated[int, Meta(ge=0, le=1000, description="Points that a finding costs.")]
Score = Annotated[int, Meta(ge=-1000, le=1000)]
Days = Annotated[int, Meta(ge=1, le=3650)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]

# The values of credit.models.Privilege; msgspec writes no schema for Django's enums.
PrivilegeName = Literal["CREATE_GROUP", "OWN_GROUP", "MANAGE_GROUP"]
SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
# The values of identity's Level, from the lowest to the highest.
LevelName = Literal["BASIC", "SUBSTANTIAL", "HIGH"]
LEVELS: tuple[LevelName, ...] = ("BASIC", "SUBSTANTIAL", "HIGH")


class InvalidPolicy(Invalid):
    """The policy document cannot be used. `errors` says where and why."""

    code = "invalid-policy"
    title = "The policy document is not valid"
    advice = "Correct what `errors` names. Nothing was saved."


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """What one finding of a severity costs, for how long it counts, and what comes back before.

    After each `restored_every_days` without a further finding one of its points comes back; null:
    they stay until the finding stops counting.
    """

    points: Points
    lifetime_days: Days
    restored_every_days: Days | None = None


class Severities(Struct, frozen=True, forbid_unknown_fields=True, rename="upper"):
    low: Terms
    medium: Terms
    high: Terms
    critical: Terms


class FirstFinding(Struct, frozen=True, forbid_unknown_fields=True):
    """A LOW finding costs nothing while nothing else counts: it is a warning, for these days."""

    lifetime_days: Days


class Duties(Struct, frozen=True, forbid_unknown_fields=True):
    """A report answered in time and found handled gives a point back, once in so many days."""

    restored_every_days: Days


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How many groups one may answer for, and how large one that is taken on. Null: no limit."""

    groups_owned: Count | None = None
    group_size: Count | None = None


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """A named level of standing: from which score it holds and what it brings."""

    name: Name
    at_least: Score
    meaning: Annotated[str, Meta(max_length=300)]
    privileges: tuple[PrivilegeName, ...]
    limits: Limits = Limits()


class Verified(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever takes on a group of more members than `above` has an attestation of this level."""

    above: Count
    level: LevelName


# For policies that say nothing of it; an empty list asks for no attestation.
VERIFIED = (Verified(500, "SUBSTANTIAL"), Verified(5000, "HIGH"))


class Managed(Struct, frozen=True, forbid_unknown_fields=True):
    """A group of more members than `above` should have at least so many managers."""

    above: Count
    managers: Annotated[int, Meta(ge=1, le=100)]


# A gap is shown, and nothing follows from it.
MANAGED = (Managed(500, 1), Managed(5000, 2), Managed(50_000, 3))


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a policy. Tiers are listed from the best to the worst."""

    starting_score: Score
    floor: Score
    ceiling: Score
    severities: Severities
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=10)]
    first_low_finding: FirstFinding | None = None
    duties: Duties | None = None
    verification: Annotated[tuple[Verified, ...], Meta(max_length=10)] = VERIFIED
    managers: Annotated[tuple[Managed, ...], Meta(max_length=10)] = MANAGED

    def clamp(self, total: int) -> int:
        return max(self.floor, min(self.ceiling, total))

    def tier_at(self, score: int) -> Tier:
        """Return the best tier that `score` reaches; the last one begins at the floor."""
        return next(tier for tier in self.tiers if score >= tier.at_least)

    def level_for(self, size: int) -> Verified | None:
        """Return the highest level that taking on a group of this size asks for; None for none."""
        asked = [each for each in self.verification if size > each.above]
        return max(asked, key=lambda each: LEVELS.index(each.level), default=None)

    def managers_for(self, size: int) -> int:
        """Return how many managers a group of this size should have."""
        return max((each.managers for each in self.managers if size > each.above), default=0)

    def terms_of(self, severity: str) -> Terms:
        found: Terms = getattr(self.severities, severity.lower())
        return found

    def lifetime_of(self, severity: str, points: int) -> timedelta:
        """Tell how long a finding counts; a first LOW one that costs nothing has its own time."""
        if severity == "LOW" and points == 0 and self.first_low_finding is not None:
            return timedelta(days=self.first_low_finding.lifetime_days)
        return timedelta(days=self.terms_of(severity).lifetime_days)

    def mildest_costing(self, points: int) -> str | None:
        """Name the mildest severity that costs as much as `points` (negative); None for none."""
        enough = (s for s in SEVERITIES if self.terms_of(s).points >= -points)
        return next(enough, SEVERITIES[-1]) if points else None


def parse(document: Any) -> Document:
    """Read a policy document. Raises InvalidPolicy, whose `errors` are sentences."""
    try:
        parsed = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise _invalid([policy_checks.sentence(str(error))]) from error
    if found := policy_checks.contradictions(parsed):
        raise _invalid(found)
    return parsed


def of(policy: Policy) -> Document:
    """Return the parsed document of a stored policy."""
    if policy.state in (Policy.State.DRAFT, Policy.State.SIMULATED):
        return parse(policy.document)
    # From approval on the database keeps the document as it is.
    if (known := _PARSED.get(policy.pk)) is None:
        if len(_PARSED) >= _MOST_KEPT:
            _PARSED.clear()
        known = _PARSED[policy.pk] = parse(policy.document)
    return known


def json_schema() -> dict[str, Any]:
    """Build the JSON Schema of a policy document."""
    return msgspec.json.schema(Document)


_PARSED: dict[Any, Document] = {}
_MOST_KEPT = 1000


def _invalid(errors: list[dict[str, str]]) -> InvalidPolicy:
    first = errors[0]["detail"]
    more = f" ({len(errors) - 1} more below.)" if len(errors) > 1 else ""
    return InvalidPolicy(f"The policy cannot be used: {first}{more}", errors=errors)


_ALL = [Privilege.CREATE_GROUP.value, Privilege.OWN_GROUP.value, Privilege.MANAGE_GROUP.value]
_OPEN = {"groups_owned": 50, "group_size": None}

DEFAULT_DOCUMENT: dict[str, Any] = {
    "starting_score": 12,
    "floor": 0,
    "ceiling": 12,
    "severities": {
        "LOW": {"points": 1, "lifetime_days": 90},
        "MEDIUM": {"points": 2, "lifetime_days": 180},
        "HIGH": {"points": 4, "lifetime_days": 365},
        "CRITICAL": {"points": 10, "lifetime_days": 730},
    },
    "first_low_finding": {"lifetime_days": 90},
    "duties": {"restored_every_days": 30},
    "tiers": [
        {
            "name": "Good standing",
            "at_least": 10,
            "meaning": "Everything is open to you.",
            "privileges": _ALL,
            "limits": _OPEN,
        },
        {
            "name": "Under watch",
            "at_least": 7,
            "meaning": "Nothing is restricted. Another finding could restrict new groups.",
            "privileges": _ALL,
            "limits": _OPEN,
        },
        {
            "name": "Limited",
            "at_least": 3,
            "meaning": "You keep your groups, but cannot create new ones.",
            "privileges": [Privilege.OWN_GROUP.value, Privilege.MANAGE_GROUP.value],
            "limits": {"groups_owned": 5, "group_size": 1000},
        },
        {
            "name": "Suspended",
            "at_least": 0,
            "meaning": "You cannot create groups, take them on or manage them for now.",
            "privileges": [],
            "limits": {"groups_owned": 0, "group_size": 0},
        },
    ],
}
