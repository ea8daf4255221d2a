"""The one way a view obtains a report."""

from uuid import UUID

from django.db.models import QuerySet

from identity import access
from identity.models import User
from identity.roles import Permission
from portal.core.errors import NotFound
from reports.models import ReportRun

MISSING = "There is no such report."


def published() -> QuerySet[ReportRun]:
    return ReportRun.objects.filter(published_at__isnull=False).select_related("platform")


def get_published(run_id: UUID) -> ReportRun:
    """Return a report that everybody may read. Raises NotFound."""
    run = published().filter(pk=run_id).first()
    if run is None:
        raise NotFound(MISSING)
    return run


def get_run_for(user: User, run_id: UUID) -> ReportRun:
    """Return a report of a platform whose reports `user` may read. Raises NotFound."""
    platforms = access.platforms_for(user, Permission.VIEW_REPORTS)
    run = ReportRun.objects.filter(pk=run_id, platform__in=platforms).first()
    if run is None:
        raise NotFound(MISSING)
    return run
