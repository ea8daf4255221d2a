"""The fairness report: where measures and reversals differ, with how sure that is."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from groups.admin import pages
from groups.admin.overview import Card
from groups.models import Decision
from identity.roles import Permission
from portal.core import days
from portal.core.admin import dialogs, panels
from portal.core.models import Platform
from reports import fairness, fairness_files, tables
from reports.actions import fairness_exports
from reports.actions.runs import EARLIEST
from reports.fairness import FEWEST, Counts, Dimension, Fairness, Rate, Row
from reports.intervals import Interval

TITLE = "Fairness"
HEAD = [
    "Decisions",
    "Found something",
    "Led to a measure",
    "Took a privilege",
    "Appealed",
    "Reversed or changed",
    "Measures per decision",
    "Reversals per decision",
]
NOTES = {
    "rule": "All versions of a rule together.",
    "language": "Of the platform where the group has none.",
    "size": "Members, as known today.",
    "reviewer": (
        "Whoever decided, not the second person. The names are made up and stay the same on this "
        "platform. No list is linked, because its decisions name people."
    ),
}
# The parameters of the list of decisions that keep what a row counts.
FILTERS = {"rule": "rule_code", "language": "group_language", "size": "group_size"}
APART = "Differs from the rest"
# Upper ends of the scale of a picture, in per cent.
SCALES = (5, 10, 20, 50, 100)
WIDTH = 1000


class PeriodForm(forms.Form):
    """A platform, and a period by its first and last day; twelve months up to today if empty."""

    platform = forms.ModelChoiceField(
        Platform.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=None,
        widget=forms.Select,
        error_messages={"invalid_choice": "There is no such platform, or it is not yours to see."},
    )
    first = dialogs.DayField(
        label="First day", required=False, error_messages={"invalid": "Give a day as YYYY-MM-DD."}
    )
    last = dialogs.DayField(
        label="Last day", required=False, error_messages={"invalid": "Give a day as YYYY-MM-DD."}
    )

    def __init__(self, data: Any, *, platforms: Sequence[Platform], today: date) -> None:
        filled = {"platform": platforms[0].slug, "first": _year_before(today), "last": today}
        filled |= {name: data[name] for name in filled if data.get(name)}
        super().__init__(filled)
        field: Any = self.fields["platform"]
        field.queryset = Platform.objects.filter(pk__in=[one.pk for one in platforms])
        field.queryset = field.queryset.order_by("name")
        if len(platforms) == 1:
            field.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last and first > last:
            self.add_error("last", "Choose a last day that is not before the first.")
        if first and first < EARLIEST.date():
            self.add_error("first", f"Choose a first day in {EARLIEST.year} or later.")
        return found

    def query(self) -> str:
        """Return what a link needs to show the same."""
        asked = self.cleaned_data
        return urlencode(
            {"platform": asked["platform"].slug, "first": asked["first"], "last": asked["last"]}
        )


def _year_before(day: date) -> date:
    """Return the first of the twelve months that end with `day`."""
    ended = day + timedelta(days=1)
    # The day after 28 February may be one that the year before does not have.
    return ended.replace(year=ended.year - 1, day=min(ended.day, 28 if ended.month == 2 else 31))


def _asked(request: HttpRequest) -> PeriodForm:
    ids = pages.platforms(request, Permission.VIEW_REPORTS)
    platforms = list(Platform.objects.filter(pk__in=ids).order_by("name"))
    return PeriodForm(request.GET, platforms=platforms, today=pages.now().date())


def _count(request: HttpRequest, form: PeriodForm) -> Fairness:
    asked = form.cleaned_data
    return fairness.get_fairness(
        platform=asked["platform"],
        period_from=days.begin_of(asked["first"]),
        period_to=days.end_of(asked["last"]),
        as_of=pages.now(),
    )


@require_safe
def show_fairness(request: HttpRequest) -> HttpResponse:
    form = _asked(request)
    if not form.is_valid():
        return _draw(request, form, status=422)
    found = _count(request, form)
    lists = _lists(request, form)
    return _draw(
        request,
        form,
        platform=found.platform,
        period=tables.period(found.period_from, found.period_to),
        kept_since=found.kept_since,
        cards=_cards(found.totals),
        panels=[_panel(dimension, lists) for dimension in found.dimensions],
        files=[
            (name.upper(), f"{reverse('admin:fairness_file', args=[name])}?{form.query()}")
            for name in fairness_files.MEDIA_TYPES
        ],
    )


def _draw(request: HttpRequest, form: PeriodForm, **context: Any) -> HttpResponse:
    return pages.render(
        request,
        "admin/accord/fairness.html",
        title=TITLE,
        trail=(pages.home(),),
        form=form,
        **context,
    )


@require_safe
def download(request: HttpRequest, form: str) -> HttpResponse:
    """Send what the page shows, all of it, as one file."""
    asked = _asked(request)
    if form not in fairness_files.MEDIA_TYPES:
        raise Http404
    if not asked.is_valid():
        return _draw(request, asked, status=422)
    found = _count(request, asked)
    fairness_exports.record(
        platform=found.platform,
        form=form,
        period_from=found.period_from,
        period_to=found.period_to,
        by=pages.actor(request),
        at=found.as_of,
    )
    response = HttpResponse(
        fairness_files.write(found, form=form), content_type=fairness_files.MEDIA_TYPES[form]
    )
    name = f"fairness-{found.platform.slug}-{asked.cleaned_data['first']}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _lists(request: HttpRequest, form: PeriodForm) -> dict[str, str] | None:
    """Return the filters that keep what is counted; none for whoever may not open the list."""
    asked = form.cleaned_data
    if not pages.may(request, Permission.VIEW_RECORDS, asked["platform"].pk):
        return None
    return {
        "platform": asked["platform"].slug,
        "decision_state": "first",
        "decided_at_days": f"{asked['first']}_{asked['last']}",
    }


# --- figures in words -------------------------------------------------------------------------


def _cards(totals: Counts) -> list[Card]:
    cards = [Card("Decisions", f"{totals.decisions:,}", f"{totals.appealed:,} of them appealed")]
    for title, count in (
        ("Found something", totals.found_something),
        ("Led to a measure", totals.led_to_measure),
        ("Reversed or changed", totals.changed_on_appeal),
    ):
        share = f"{_percent(count / totals.decisions)} of decisions" if totals.decisions else ""
        cards.append(Card(title, f"{count:,}", share))
    return cards


def _panel(dimension: Dimension, lists: dict[str, str] | None) -> panels.Panel:
    return panels.Panel(
        title=dimension.title,
        head=[dimension.title.removeprefix("By ").capitalize(), *HEAD],
        rows=[_row(dimension, row, lists) for row in dimension.rows],
        empty="No decision was taken in this period. Choose a longer one.",
        note=NOTES[dimension.key],
        is_wide=True,
        picture=_picture(dimension),
    )


def _row(dimension: Dimension, row: Row, lists: dict[str, str] | None) -> list[Any]:
    return [
        _name(dimension, row, lists),
        *(f"{getattr(row.counts, name):,}" for name in fairness.NAMES),
        _in_words(row.measures),
        _in_words(row.reversals),
    ]


def _name(dimension: Dimension, row: Row, lists: dict[str, str] | None) -> SafeString | str:
    parameter = FILTERS.get(dimension.key)
    if lists is None or parameter is None:
        return row.name
    query = urlencode(lists | {parameter: row.key})
    return panels.link_to(f"{panels.list_of(Decision)}?{query}", row.name)


def _in_words(rate: Rate | None) -> SafeString | str:
    if rate is None:
        return f"Too few: below {FEWEST}"
    own = rate.own
    said = f"{_percent(own.share)} ({100 * own.low:.0f} to {_percent(own.high)})"
    return format_html("{} {}", said, panels.tag(APART, "warning")) if rate.differs else said


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


# --- the picture ------------------------------------------------------------------------------


def _picture(dimension: Dimension) -> SafeString | str:
    """Draw both rates of each row that has them. The table beneath says the same."""
    drawn = [(row, row.measures, row.reversals) for row in dimension.rows if not row.is_small]
    if not drawn:
        return ""
    scales = [_scale([rates[n] for rates in drawn]) for n in (1, 2)]
    heads = zip(HEAD[-2:], scales, strict=True)
    return format_html(
        '<div class="ac-rates" aria-hidden="true"><p><span></span>{}</p><ul>{}</ul></div>',
        format_html_join("", "<span>{}, 0 to {} %</span>", heads),
        format_html_join(
            "",
            "<li><bdi>{}</bdi>{}{}</li>",
            (
                (row.name, _bar(measures, scales[0]), _bar(reversals, scales[1]))
                for row, measures, reversals in drawn
            ),
        ),
    )


def _scale(rates: Sequence[Any]) -> int:
    """Return the upper end of a scale on which every interval fits, in per cent."""
    shown = [one for rate in rates for one in (rate.own, rate.rest) if one]
    most = max(100 * one.high for one in shown)
    return next(scale for scale in SCALES if most <= scale)


def _bar(rate: Rate, scale: int) -> SafeString:
    """Draw the share as a bar, its interval as a line, and the interval of the rest behind both.

    In whole parts of the width: a locale must not put a decimal comma into SVG.
    """

    def place(share: float) -> int:
        return round(WIDTH * 100 * share / scale)

    def band(interval: Interval) -> tuple[int, int]:
        return place(interval.low), max(place(interval.high) - place(interval.low), 2)

    left, width = band(rate.own)
    rest = ""
    if rate.rest:
        rest = format_html(
            '<rect class="ac-rest" x="{}" y="0" width="{}" height="24"/>', *band(rate.rest)
        )
    return format_html(
        '<svg viewBox="0 0 {} 24" preserveAspectRatio="none">{}'
        '<rect class="{}" x="0" y="6" width="{}" height="12"/>'
        '<rect class="ac-whisker" x="{}" y="10" width="{}" height="4"/></svg>',
        WIDTH,
        rest,
        "ac-bar-apart" if rate.differs else "ac-bar",
        place(rate.own.share),
        left,
        width,
    )


admin.site.add_page("reports/fairness/", show_fairness, "fairness")
admin.site.add_page("reports/fairness.<str:form>", download, "fairness_file")
