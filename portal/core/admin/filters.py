"""Filters that several lists share."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from portal.core import days as whole_days
from portal.core.models import Platform


class PlatformFilter(DropdownFilter):
    """Offered to people who work for more than one platform; names no other."""

    title = "platform"
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ids = model_admin.platform_ids(request)
        if len(ids) < 2:
            return []
        found = Platform.objects.filter(pk__in=ids).order_by("name").values_list("slug", "name")
        self.path = model_admin.platform_path
        return list(found)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        slug = self.value()
        if not slug:
            return queryset
        if self.path.endswith("_id"):
            platforms = Platform.objects.filter(slug=slug)
            return queryset.filter(**{f"{self.path}__in": platforms.values("pk")})
        if self.path == "pk":
            return queryset.filter(slug=slug)
        return queryset.filter(**{f"{self.path}__slug": slug})


def since(field: str, title: str) -> type[DropdownFilter]:
    """Offer the last day, week, month and quarter of `field`."""

    class SinceFilter(DropdownFilter):
        parameter_name = f"{field}_since"
        days: ClassVar[dict[str, str]] = {
            "1": "Last 24 hours",
            "7": "Last 7 days",
            "30": "Last 30 days",
            "90": "Last 90 days",
        }

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return list(self.days.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            days = self.value()
            if days not in self.days:
                return queryset
            return queryset.filter(**{f"{field}__gte": timezone.now() - timedelta(int(days))})

    SinceFilter.title = title
    return SinceFilter


def days(field: str, title: str) -> type[DropdownFilter]:
    """Keep some days of `field` (UTC), as a link from another page asks: 2026-01-01_2026-06-30.

    It offers nothing but the days asked for, so that the reader sees them and can drop them.
    """

    class DaysFilter(DropdownFilter):
        parameter_name = f"{field}_days"

        def period(self) -> tuple[date, date] | None:
            first, _, last = (self.value() or "").partition("_")
            try:
                return date.fromisoformat(first), date.fromisoformat(last)
            except ValueError:
                return None

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            period = self.period()
            if period is None:
                return []
            first, last = period
            return [(self.value(), f"{first:%-d %b %Y} to {last:%-d %b %Y}")]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            period = self.period()
            if period is None:
                return queryset
            first, last = period
            since, until = whole_days.begin_of(first), whole_days.end_of(last)
            return queryset.filter(**{f"{field}__gte": since, f"{field}__lt": until})

    DaysFilter.title = title
    return DaysFilter


def due(field: str = "due_at") -> type[DropdownFilter]:
    """Offer what is late and what soon will be."""

    class DueFilter(DropdownFilter):
        title = "deadline"
        parameter_name = "due"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [
                ("late", "Past its deadline"),
                ("day", "Due in 24 hours"),
                ("later", "Later"),
            ]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            now = timezone.now()
            tomorrow = now + timedelta(days=1)
            match self.value():
                case "late":
                    return queryset.filter(**{f"{field}__lte": now})
                case "day":
                    return queryset.filter(**{f"{field}__gt": now, f"{field}__lte": tomorrow})
                case "later":
                    return queryset.filter(**{f"{field}__gt": tomorrow})
            return queryset

    return DueFilter


def current(field: str) -> type[DropdownFilter]:
    """Offer what lasts, and what has ended by the mark of `field`."""

    class CurrentFilter(DropdownFilter):
        title = "state"
        parameter_name = "current"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [("yes", "Current"), ("no", "Ended")]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            match self.value():
                case "yes":
                    return queryset.filter(**{f"{field}__isnull": True})
                case "no":
                    return queryset.filter(**{f"{field}__isnull": False})
            return queryset

    return CurrentFilter
