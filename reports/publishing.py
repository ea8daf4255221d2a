"""How figures leave: small counts are hidden."""

from typing import Any

SMALLEST_SHOWN = 5
HIDDEN = "<5"
NOT_COUNTS = {"median_minutes_to_decide"}


def hide_small(value: Any, *, name: str = "") -> Any:
    """Replace counts from 1 to 4 by "<5", so that a public report points to nobody."""
    if isinstance(value, dict):
        return {key: hide_small(inner, name=key) for key, inner in value.items()}
    if isinstance(value, list):
        return [hide_small(inner, name=name) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and name not in NOT_COUNTS:
        return HIDDEN if 0 < value < SMALLEST_SHOWN else value
    return value
