"""The timeline of a case in words, each line with a link to what it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from groups.models import Appeal, CaseEntry, Decision, Flag, Rule

WORDS = {
    CaseEntry.Kind.OPENED: "Case opened",
    CaseEntry.Kind.FLAGGED: "Reported again",
    CaseEntry.Kind.ANSWERED: "The group answered",
    CaseEntry.Kind.NOTE: "Note",
    CaseEntry.Kind.CLAIMED: "Claimed",
    CaseEntry.Kind.RELEASED: "Released",
    CaseEntry.Kind.ESCALATED: "Deadline passed, escalated",
}
# Other causes name only who did it, which the line says already.
EXPLAINS = {
    Flag._meta.label: "the report",
    Rule._meta.label: "the rule",
    Decision._meta.label: "the decision",
    Appeal._meta.label: "the appeal",
}


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    what: str
    by: str
    body: str
    is_public: bool
    # What it rests on: the words of the link and its address.
    cause: str
    cause_url: str


def lines(entries: Iterable[CaseEntry]) -> list[Line]:
    return [
        Line(
            at=entry.at,
            what=WORDS.get(CaseEntry.Kind(entry.kind), entry.get_kind_display()),
            by=str(entry.by_user or entry.by_account or "Accord"),
            # An answer is shown in full above the timeline.
            body="" if entry.kind == CaseEntry.Kind.ANSWERED else entry.body,
            is_public=entry.is_public,
            cause=_cause(entry),
            cause_url=_cause_url(entry),
        )
        for entry in entries
    ]


def _model(entry: CaseEntry) -> Any:
    if entry.cause_type not in EXPLAINS:
        return None
    try:
        return apps.get_model(entry.cause_type)
    except (LookupError, ValueError):
        return None


def _cause(entry: CaseEntry) -> str:
    model = _model(entry)
    return EXPLAINS[entry.cause_type] if model is not None else ""


def _cause_url(entry: CaseEntry) -> str:
    model = _model(entry)
    if model is None or entry.cause_id is None:
        return ""
    try:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        return reverse(name, args=[entry.cause_id])
    except NoReverseMatch:
        return ""
