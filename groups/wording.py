"""The words of notices: templates with {slots}, and how values read in each language."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import translation
from django.utils.formats import date_format

from portal.core.errors import Invalid

SLOT = re.compile(r"\{([a-z_]+)\}")
LONGEST_SUBJECT = 200
MOMENT = "j F Y, H:i"
MOMENTS = {"de": "j. F Y, H:i"}

Value = str | int | datetime


class UnfilledSlot(Invalid):
    """A notice was not sent, because a part of it that its template asks for is missing."""

    code = "unfilled-slot"
    title = "The notice has an empty place"
    advice = "Fill every place that the template names, or change the template."


class BrokenTemplate(Invalid):
    """The template cannot be used: it has a brace that belongs to no slot."""

    code = "broken-template"
    title = "The template is not valid"
    advice = "Write slots as {name}, in lower case, and no other braces."


def slots_in(text: str) -> set[str]:
    """Return the names of the slots. Raises BrokenTemplate where braces make no slot."""
    if set(SLOT.sub("", text)) & {"{", "}"}:
        raise BrokenTemplate("A brace in the template belongs to no slot.")
    return set(SLOT.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, in one pass: what a value contains is never taken for a slot.

    Raises UnfilledSlot when a value is missing or blank.
    """
    empty = sorted(name for name in slots_in(text) if not values.get(name, "").strip())
    if empty:
        raise UnfilledSlot(f"The notice was not sent: {', '.join(empty)} is missing.", slots=empty)
    return SLOT.sub(lambda slot: values[slot[1]], text)


def one_line(text: str) -> str:
    """Make a subject of it: one line that fits."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def read(value: Value | None, *, language: str, timezone: str) -> str:
    """Write a value as a person reads it; times in their own zone, which is named."""
    if not isinstance(value, datetime):
        return "" if value is None else str(value)
    try:
        local = value.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        local = value
    with translation.override(language):
        moment = date_format(local, MOMENTS.get(language, MOMENT))
    return f"{moment} {local.tzname() or 'UTC'}"
