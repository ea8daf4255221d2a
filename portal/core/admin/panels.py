"""Tables on a record's page that show what belongs to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Panel:
    """One table. `rows` hold text or safe markup; `more_url` leads to the whole list. `picture`
    stands above it and shows the same.

    `is_wide`: each row becomes a card on a narrow screen, as it does with more than three columns
    and no picture.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]] = field(default_factory=tuple)
    empty: str = "None."
    note: str = ""
    more_url: str = ""
    is_wide: bool = False
    picture: SafeString | str = ""

    @property
    def labelled(self) -> list[list[tuple[str, Any]]]:
        """The cells with the heads of their columns, which stand beside them on narrow screens."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


def page_of(record: Model) -> str:
    """Return the address of a record's page."""
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return reverse(name, args=[record.pk])


def list_of(model: type[Model], **lookups: Any) -> str:
    """Return the address of a list, filtered by relations its admin is `linked_by`."""
    base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = "&".join(f"{name}={value}" for name, value in lookups.items())
    return f"{base}?{query}" if query else base


def link(record: Model | None, text: object = None) -> SafeString | str:
    """Link to a record by its own name or by `text`."""
    if record is None:
        return NOTHING
    return format_html('<a href="{}"><bdi>{}</bdi></a>', page_of(record), text or record)


def link_to(url: str, text: object) -> SafeString:
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, text)


def moment(at: datetime | None, otherwise: str = NOTHING) -> SafeString | str:
    """Show a moment in the reader's time zone, short; the zone is in the title."""
    if at is None:
        return otherwise
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        dateformat.format(local, "l, j F Y, H:i:s T"),
        dateformat.format(local, "j M Y, H:i"),
    )


def signed(points: int) -> str:
    """Write points with a real minus sign, which screen readers read out."""
    return f"{points:+d}".replace("-", "\N{MINUS SIGN}") if points else "0"


KINDS = ("info", "success", "warning", "danger", "neutral")


def tag(text: object, kind: str = "neutral") -> SafeString:
    """Show a state as a label; the words carry the meaning, the colour only helps."""
    return format_html('<span class="ac-tag ac-tag-{}">{}</span>', kind, text)


def first_rows(rows: Iterable[Any], size: int = 10) -> tuple[list[Any], bool]:
    """Return the first rows and whether there are more; fetches one more than it shows."""
    found = list(rows[: size + 1]) if hasattr(rows, "filter") else list(rows)
    return found[:size], len(found) > size
