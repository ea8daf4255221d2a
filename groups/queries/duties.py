"""What owners take on, in which words, and who has not said that they read it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from groups.models import Acknowledgement, Duties, Notice, Tenure
from groups.models.notices import NoticeKind
from groups.models.tenures import Role
from identity.models import User

OWNING = (Role.OWNER, Role.CO_OWNER)
REMINDED_AFTER = timedelta(days=7)
REMINDED_EVERY = timedelta(days=30)


def get_current(*, platform_id: UUID, languages: Iterable[str]) -> Duties | None:
    """Return the newest version, in the first of the languages that it was published in."""
    published = Duties.objects.filter(platform=platform_id)
    newest = published.aggregate(version=Max("version"))["version"]
    by_language = {one.language: one for one in published.filter(version=newest)}
    wanted = [*(language.partition("-")[0] for language in languages), "en", *sorted(by_language)]
    return next((by_language[one] for one in wanted if one in by_language), None)


def list_unacknowledged() -> QuerySet[Tenure]:
    """Return the tenures of owners and co-owners who did not acknowledge the newest version.

    Each has `published_at`, when that version was.
    """
    newest = Duties.objects.filter(platform=OuterRef("platform")).order_by("-version")
    read = Acknowledgement.objects.filter(
        group=OuterRef("group"),
        account=OuterRef("account"),
        duties__version=OuterRef("version"),
    )
    held = (
        Tenure.objects.current()
        .filter(role__in=OWNING)
        .annotate(
            version=Subquery(newest.values("version")[:1]),
            published_at=Subquery(newest.values("published_at")[:1]),
        )
    )
    return held.filter(version__isnull=False).exclude(Exists(read))


def list_unacknowledged_of(*, user: User) -> QuerySet[Tenure]:
    """Return those of one person, by platform and group."""
    held = list_unacknowledged().filter(account__user=user)
    return held.select_related("account__platform", "group").order_by(
        "account__platform__name", "account", "group__name", "pk"
    )


def list_to_remind(*, at: datetime) -> QuerySet[Tenure]:
    """Return one tenure of each account that had a week for it and was not reminded lately."""
    lately = Notice.objects.filter(
        recipient=OuterRef("account"), kind=NoticeKind.DUTIES, created_at__gt=at - REMINDED_EVERY
    )
    waiting = (
        list_unacknowledged()
        .annotate(since_at=Lower("period"))
        .filter(
            Q(published_at__lte=at - REMINDED_AFTER),
            Q(since_at__lte=at - REMINDED_AFTER),
            account__user__is_active=True,
        )
        .exclude(Exists(lately))
    )
    first = waiting.order_by("account", "pk").distinct("account")
    return first.select_related("account__user", "account__platform", "group")
