"""What pages are built from: icons, badges, dates, deadlines, form fields, small charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Field, Form
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# Each kind has its own shape, so that no meaning hangs on colour alone.
SHAPES = {
    "good": "check",
    "watch": "warning",
    "bad": "stop",
    "info": "info",
    "neutral": "dot",
}
# The first mark that occurs wins: Edge and Opera also call themselves Chrome, Chrome Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
SOON = timedelta(days=1)
NEAR = timedelta(days=7)
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one symbol of icons.svg; it is decoration, the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("accord/icons.svg"),
        name,
    )


@register.simple_tag
def badge(kind: str, text: str, symbol: str = "") -> SafeString:
    """Show a state as shape, colour and words; kinds: good, watch, bad, info, neutral."""
    return format_html(
        '<span class="badge badge-{}">{} {}</span>',
        kind,
        icon(symbol or SHAPES[kind]),
        text,
    )


def span(gap: timedelta) -> str:
    """Say how long in one unit, rounded down: "6 hours", "1 day", "under a minute"."""
    seconds = abs(int(gap.total_seconds()))
    for unit, size in UNITS:
        # Hours up to two days: "30 hours late" tells more than "1 day late".
        if seconds >= size * (2 if unit == "day" else 1):
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "under a minute"


def relative(at: datetime, now: datetime) -> str:
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def absolute(at: datetime) -> str:
    """Write a moment in the reader's time zone and name the zone."""
    return dateformat.format(timezone.localtime(at), "j M Y, H:i T")


@register.filter
def chunks(text: str) -> str:
    """Break a long key into groups of four, to be read and typed."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def browser(user_agent: str) -> str:
    """Name the browser and the system of a User-Agent header, as people know them."""
    name = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{name or 'A browser'} on {system}" if system else name or "A browser"


@register.simple_tag
def when(at: datetime | None, otherwise: str = "–") -> SafeString | str:
    """Show a moment with its time zone and how far away it is."""
    if at is None:
        return otherwise
    return format_html(
        '<time datetime="{}">{}</time> <span class="muted small">({})</span>',
        at.isoformat(),
        absolute(at),
        relative(at, timezone.now()),
    )


@register.filter
def lasting(length: timedelta) -> str:
    """Say how long something takes, in one unit; at least a minute."""
    return span(max(length, timedelta(minutes=1)))


@register.simple_tag
def away(at: datetime) -> SafeString:
    """Show how far away a moment is and its time of day, beside a sentence that has the date."""
    return format_html(
        '<time class="muted small" datetime="{}">({}, at {})</time>',
        at.isoformat(),
        relative(at, timezone.now()),
        dateformat.format(timezone.localtime(at), "H:i T"),
    )


@register.filter
def hours(count: int) -> str:
    """Say a number of hours, from two days on as days if it comes out even."""
    if count >= 48 and count % 24:
        return f"{count} hours"
    return span(timedelta(hours=count))


@register.simple_tag
def day(at: datetime | None, otherwise: str = "–") -> SafeString | str:
    """Show the date of a moment; the full time is in the machine-readable part."""
    if at is None:
        return otherwise
    words = dateformat.format(timezone.localtime(at), "j M Y")
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


@register.simple_tag
def deadline(at: datetime) -> SafeString:
    """Show how long is left or how late it is; the nearer, the louder."""
    now = timezone.now()
    left = at - now
    if left <= timedelta(0):
        kind, symbol, words = "bad", "stop", f"{span(left)} late"
    else:
        kind = "bad" if left < SOON else "watch" if left < NEAR else "neutral"
        symbol, words = "clock", f"{span(left)} left"
    return format_html(
        '<span class="badge badge-{}" title="{}">{} {}</span>',
        kind,
        absolute(at),
        icon(symbol),
        words,
    )


def problems_of(bound: BoundField) -> list[str]:
    """Word what is wrong with a field so that it also makes sense away from the field."""
    return [
        _missing(bound) if message == Field.default_error_messages["required"] else message
        for error in bound.errors.as_data()
        for message in error.messages
    ]


def _missing(bound: BoundField) -> str:
    if isinstance(bound.field.widget, CheckboxInput):
        return f"Tick “{bound.label}” to go on."
    return f"“{bound.label}” is missing."


@register.simple_tag
def labels(form: Form, **words: str) -> str:
    """Name fields in the page's words, before its error summary and its fields use them."""
    for name, label in words.items():
        if name in form.fields:
            form[name].label = label
    return ""


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str | None = None) -> dict[str, Any]:
    """Show one form field: label, hint and error, each linked to the control."""
    shown = bound.help_text if hint is None else hint
    attrs: dict[str, Any] = {"placeholder": False}  # a label that vanishes on typing is none
    described = [f"{bound.auto_id}_helptext"] if shown else []
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    if described and not bound.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    if bound.field.widget.attrs.get("autocomplete") == "one-time-code":
        # Recovery codes have letters, so no numeric keyboard.
        attrs |= {"class": "code-input", "autocapitalize": "off", "spellcheck": "false"}
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs=attrs),
        "label": bound.label,
        "hint": shown,
        "problems": problems_of(bound),
        "described": " ".join(described),
        "is_check": isinstance(bound.field.widget, CheckboxInput),
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Form | None) -> dict[str, Any]:
    """List what is wrong with a form, each with a link to its field."""
    if form is None or not form.is_bound:
        return {"problems": []}
    problems = [("", problem) for problem in form.non_field_errors()]
    for bound in form:
        # A group of radio buttons has no id of its own; its first one takes the focus.
        target = "" if bound.is_hidden else f"#{bound.id_for_label or f'{bound.auto_id}_0'}"
        problems += [(target, problem) for problem in problems_of(bound)]
    return {"problems": problems}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in whole pixels: a locale must not put a decimal comma into SVG."""

    label: str
    value: int
    left: int
    middle: int
    top: int
    height: int


BAR_STEP, BAR_WIDTH, BAR_ROOM, BAR_FLOOR = 26, 16, 96, 110


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(values: Sequence[tuple[str, int]], title: str, unit: str) -> dict[str, Any]:
    """Draw labelled values as bars, with the same numbers as a table under it."""
    highest = max((value for _, value in values), default=0) or 1
    bars = [
        Bar(
            label=label,
            value=value,
            left=index * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2,
            middle=index * BAR_STEP + BAR_STEP // 2,
            top=BAR_FLOOR - BAR_ROOM * value // highest,
            height=BAR_ROOM * value // highest,
        )
        for index, (label, value) in enumerate(values)
    ]
    return {
        "bars": bars,
        "title": title,
        "unit": unit,
        "width": max(len(bars), 1) * BAR_STEP,
        "bar_width": BAR_WIDTH,
        "floor": BAR_FLOOR,
        "total": sum(value for _, value in values),
    }
