"""What is wrong with a policy document, in sentences for the person who wrote it."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credit.policy import Document

GRAVER = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


def sentence(message: str) -> dict[str, str]:
    """Say msgspec's "Expected `int` >= 1 - at `$.tiers[0].at_least`" in plain words."""
    text, _, path = message.partition(" - at `$")
    place = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", path.rstrip("`")).strip(".")
    for pattern, plain in _PLAIN:
        if match := re.fullmatch(pattern, text):
            names = [_NAMES.get(group, group) for group in match.groups()]
            text = plain.format(*names)
            break
    where = f"{place.replace('.', ' › ')}: " if place else ""
    return {
        "pointer": "#" + "".join(f"/{part}" for part in place.split(".") if part),
        "detail": where + text,
    }


_NAMES = {
    "int": "a whole number",
    "str": "a text",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "float": "a number with a fraction",
    "bool": "true or false",
}
_PLAIN = (
    (r"Expected `(\w+)`, got `(\w+)`", "This must be {0}, not {1}."),
    (r"Expected `(\w+) \| null`, got `(\w+)`", "This must be {0} or null, not {1}."),
    (r"Expected `int` >= (-?\d+)", "This must be at least {0}."),
    (r"Expected `int` <= (-?\d+)", "This must be at most {0}."),
    (r"Expected `array` of length >= (\d+)", "List at least {0}."),
    (r"Expected `array` of length <= (\d+)", "List at most {0}."),
    (r"Expected `str` of length >= \d+|Expected `str` matching regex .*", "Write something here."),
    (r"Expected `str` of length <= (\d+)", "Shorten this to {0} characters."),
    (r"Object missing required field `(\w+)`", "“{0}” is missing. Add it."),
    (
        r"Object contains unknown field `(.*)`",
        "“{0}” is nothing a policy knows. Remove it or correct its name.",
    ),
    (r"Invalid enum value '(.*)'", "“{0}” is not one of the values that are possible here."),
)


def contradictions(document: "Document") -> list[dict[str, str]]:
    """List what each part allows but the parts together do not."""
    found: list[dict[str, str]] = []

    def claim(holds: bool, pointer: str, sentence: str) -> None:
        if not holds:
            found.append({"pointer": f"#/{pointer}", "detail": sentence})

    score, tiers = document.starting_score, document.tiers
    claim(
        document.floor <= score <= document.ceiling,
        "starting_score",
        f"The starting score {score} must lie between the floor {document.floor} "
        f"and the ceiling {document.ceiling}.",
    )
    for milder, graver in pairwise(GRAVER):
        less, more = document.terms_of(milder), document.terms_of(graver)
        claim(
            less.points <= more.points and less.lifetime_days <= more.lifetime_days,
            f"severities/{graver}",
            f"A {graver} finding must not cost less, or count for less time, than a {milder} one.",
        )
    for severity in GRAVER:
        terms = document.terms_of(severity)
        claim(
            terms.restored_every_days is None or terms.restored_every_days < terms.lifetime_days,
            f"severities/{severity}/restored_every_days",
            f"A {severity} finding stops counting after {terms.lifetime_days} days: a point of it "
            "must come back before that, or none at all.",
        )
    claim(
        len({tier.name for tier in tiers}) == len(tiers),
        "tiers",
        "Two tiers have the same name. Give each a name of its own.",
    )
    claim(
        tiers[-1].at_least == document.floor,
        f"tiers/{len(tiers) - 1}/at_least",
        f"The last tier must begin at the floor {document.floor}, so that every score has a tier.",
    )
    for place, (better, worse) in enumerate(pairwise(tiers), start=1):
        claim(
            better.at_least > worse.at_least,
            f"tiers/{place}/at_least",
            f"List tiers from the best to the worst: {worse.name} must begin below {better.name}.",
        )
        claim(
            set(worse.privileges) <= set(better.privileges),
            f"tiers/{place}/privileges",
            f"{worse.name} must not bring a privilege that {better.name} does not.",
        )
        for limit in ("groups_owned", "group_size"):
            claim(
                _at_most(getattr(worse.limits, limit), getattr(better.limits, limit)),
                f"tiers/{place}/limits/{limit}",
                f"{worse.name} must not have a wider limit than {better.name}.",
            )
    return found


def _at_most(narrow: int | None, wide: int | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)
