"""Query parameters that several endpoints take."""

from datetime import datetime

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from groups import events


def instant(request: Request, name: str) -> datetime | None:
    """Read an instant with its time zone, in UTC; None without one. Raises ValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    # An unescaped + of a time zone arrives as a space.
    try:
        parsed = parse_datetime(text.strip().replace(" ", "+")) if "T" in text else None
    except ValueError:
        parsed = None
    at = events.in_utc(parsed) if parsed is not None and parsed.tzinfo is not None else None
    if at is None:
        sentence = "Send an instant with its time zone, for example 2026-11-02T12:00:00Z."
        raise ValidationError({name: [sentence]})
    return at


def external_id(request: Request, name: str) -> str | None:
    """Read the platform's own id of something; None without one. Raises ValidationError."""
    text = request.query_params.get(name)
    if text is not None and (not text or len(text) > events.ID_LENGTH or "\0" in text):
        sentence = f"Send the platform's own id of the {name}, 1 to {events.ID_LENGTH} long."
        raise ValidationError({name: [sentence]})
    return text
