"""The queues of the work: what waits, the most urgent first, as a page and beside a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from groups.admin import pages
from groups.admin.cases import due_tag
from groups.admin.duties import SEVERITY_TAGS
from groups.models import Appeal, Case
from groups.queries import workload
from identity.roles import Permission
from portal.core.admin import panels

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a queue."""

    pk: UUID
    reference: str
    url: str
    title: str
    about: str
    severity: Any
    due: Any
    worker: str


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    title: str
    note: str
    items: Sequence[Item]
    more_url: str
    empty: str
    can_take_next: bool = False


@require_safe
def show(request: HttpRequest, queue: str) -> HttpResponse:
    if queue not in MAKERS:
        raise Http404
    found = make(request, queue)
    return pages.render(
        request,
        "admin/accord/work/queue.html",
        title=found.title,
        trail=(pages.home(),),
        queue=found,
    )


def make(request: HttpRequest, name: str) -> Queue:
    """Return one queue as the reader sees it. Raises NotForYourRole."""
    permission, maker = MAKERS[name]
    return maker(request, pages.platforms(request, permission))


def beside(request: HttpRequest, default: str) -> Queue | None:
    """Return the queue to show beside a record: the one the reader came from, if it is theirs."""
    name = request.GET.get("queue", request.POST.get("queue", default))
    permission, maker = MAKERS.get(name, MAKERS[default])
    platforms = admin.site.platform_ids(request, [permission])
    return maker(request, platforms) if platforms else None


def _cases(request: HttpRequest, name: str, title: str, found: QuerySet[Case], empty: str) -> Queue:
    ordered = found.select_related("group", "rule", "assignee")
    rows, more = panels.first_rows(ordered, SHOWN)
    items = [
        Item(
            pk=case.pk,
            reference=case.reference,
            url=f"{reverse('admin:work_case', args=[case.pk])}?queue={name}",
            title=str(case.group),
            about=case.rule.title,
            severity=panels.tag(case.get_severity_display(), SEVERITY_TAGS[case.severity]),
            due=due_tag(case),
            worker=_worker(request, case),
        )
        for case in rows
    ]
    late = sum(case.due_at <= pages.now() for case in rows)
    note = f"{len(items)}{'+' if more else ''} waiting, {late}{'+' if more else ''} late"
    more_url = panels.list_of(Case) if more else ""
    return Queue(name, title, note, items, more_url, empty, can_take_next=True)


def _worker(request: HttpRequest, case: Case) -> str:
    if case.assignee_id is None or case.leased_until <= pages.now():
        return ""
    return "Yours" if case.assignee_id == request.user.pk else f"With {case.assignee}"


def _mine(request: HttpRequest, platforms: Any) -> Queue:
    found = workload.list_reviews(platforms=platforms).filter(
        assignee=request.user.pk, leased_until__gt=pages.now()
    )
    return _cases(request, "mine", "Assigned to me", found, "You have claimed nothing.")


def _reviews(request: HttpRequest, platforms: Any) -> Queue:
    found = workload.list_reviews(platforms=platforms)
    return _cases(request, "reviews", "Report reviews", found, "Nothing waits for staff.")


def _second(request: HttpRequest, platforms: Any) -> Queue:
    held = workload.list_held(platforms=platforms, not_by=request.user.pk).select_related(
        "case__group", "case__rule", "decided_by"
    )
    rows, more = panels.first_rows(held, SHOWN)
    items = [
        Item(
            pk=decision.pk,
            reference=decision.reference,
            url=f"{reverse('admin:work_decision', args=[decision.pk])}?queue=second",
            title=str(decision.case.group),
            about=f"{decision.case.rule.title} · {decision.get_outcome_display()}",
            severity="",
            due=due_tag(decision.case),
            worker=f"Decided by {decision.decided_by}",
        )
        for decision in rows
    ]
    note = f"{len(items)}{'+' if more else ''} waiting"
    empty = "No decision of a colleague waits for you."
    return Queue("second", "Waiting for a second person", note, items, "", empty)


def _appeals(request: HttpRequest, platforms: Any) -> Queue:
    found = (
        Appeal.objects.filter(platform__in=platforms, state__in=Appeal.OPEN_STATES)
        .select_related("decision__case__group", "decision__rule", "reviewer")
        .order_by("due_at", "number")
    )
    rows, more = panels.first_rows(found, SHOWN)
    items = [
        Item(
            pk=appeal.pk,
            reference=appeal.reference,
            url=f"{reverse('admin:work_appeal', args=[appeal.pk])}?queue=appeals",
            title=str(appeal.decision.case.group),
            about=f"{appeal.decision.reference} · {appeal.decision.rule.title}",
            severity="",
            due=due_tag(appeal),
            worker=f"With {appeal.reviewer}" if appeal.reviewer_id else "",
        )
        for appeal in rows
    ]
    note = f"{len(items)}{'+' if more else ''} waiting"
    more_url = panels.list_of(Appeal) if more else ""
    return Queue("appeals", "Appeals", note, items, more_url, "No appeal waits.")


MAKERS = {
    "mine": (Permission.CLAIM_CASES, _mine),
    "reviews": (Permission.CLAIM_CASES, _reviews),
    "second": (Permission.APPROVE_DECISIONS, _second),
    "appeals": (Permission.REVIEW_APPEALS, _appeals),
}
