"""The workspace of one case: what was reported and answered, and the moves of whoever has it."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from groups import access, impartiality
from groups.actions import cases as case_actions
from groups.admin import badges, pages
from groups.admin.cases import due_tag, state_tag
from groups.admin.work import forms, queues, timeline
from groups.models import Case
from groups.queries import cases as case_queries
from groups.queries import dossier
from identity.roles import Permission
from portal.core import errors

Page = Callable[..., HttpResponse]


def case_for(request: HttpRequest, pk: UUID) -> Case:
    """Return the case; a foreign one answers like a missing one."""
    found: Case = access.get_case_for(request.user, pk)
    pages.require(request, Permission.VIEW_RECORDS, found.platform_id)
    return found


def address(case: Case, request: HttpRequest) -> str:
    queue = request.POST.get("queue", request.GET.get("queue", ""))
    url = reverse("admin:work_case", args=[case.pk])
    return f"{url}?{urlencode({'queue': queue})}" if queue in queues.MAKERS else url


@require_safe
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    return workspace(request, case_for(request, pk))


def workspace(
    request: HttpRequest,
    case: Case,
    *,
    problem: errors.AccordError | None = None,
    note: forms.NoteForm | None = None,
    decision: forms.Drafted | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the workspace; what the person typed stays, also when it was refused."""
    at = pages.now()
    beside = dossier.get_dossier(case=case, at=at)
    is_leased = case.leased_until is not None and case.leased_until > at
    is_mine = is_leased and case.assignee_id == request.user.pk
    may_claim = pages.may(request, case_queries.permission_to_work(case), case.platform_id)
    may_read = pages.may(request, Permission.CLAIM_CASES, case.platform_id)
    may_decide = pages.may(request, case_queries.permission_to_decide(case), case.platform_id)
    # While a decision waits for its second person nothing else happens in the case.
    is_held = any(decision.is_held for decision in beside.decisions)
    with_staff = case.state in case_queries.WITH_STAFF and not is_held
    return pages.render(
        request,
        "admin/accord/work/case.html",
        title=case.reference,
        trail=(pages.home(), ("Cases", reverse("admin:groups_case_changelist"))),
        status=status,
        case=case,
        dossier=beside,
        timeline=timeline.lines(beside.timeline),
        queue=queues.beside(request, "reviews"),
        state=state_tag(case),
        due=due_tag(case) if case.is_open else "",
        problem=problem,
        stake=impartiality.get_stake(user_id=request.user.pk, case=case),
        is_mine=is_mine,
        is_taken=is_leased and not is_mine,
        may_read_evidence=may_read,
        may_claim=may_claim and with_staff and not is_leased,
        may_release=is_mine and with_staff,
        may_note=may_read and case.state != Case.State.CLOSED,
        may_decide=may_decide and with_staff,
        note=note or forms.NoteForm(initial={"version": case.version}),
        decision=decision or forms.Drafted.blank(case),
    )


def moving(view: Page) -> Page:
    """Say on the page itself why a move was refused; nothing was changed by then."""

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, pk: UUID) -> HttpResponse:
        case = case_for(request, pk)
        pages.require(request, Permission.CLAIM_CASES, case.platform_id)
        try:
            return view(request, case)
        except errors.AccordError as problem:
            case.refresh_from_db()
            typed = forms.NoteForm(request.POST).reworked(case) if "text" in request.POST else None
            return workspace(request, case, problem=problem, note=typed, status=problem.status)

    return guarded


def done(request: HttpRequest, url: str, sentence: str) -> HttpResponse:
    badges.forget(request)
    messages.success(request, sentence)
    return HttpResponseRedirect(url)


@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Claim the most urgent case that nobody has, and open it."""
    platforms = pages.platforms(request, Permission.CLAIM_CASES)
    found = case_actions.take_next(
        user=request.user, platforms=platforms, by=pages.actor(request), at=pages.now()
    )
    if found is None:
        return done(request, reverse("admin:work_queue", args=["reviews"]), "Nothing is waiting.")
    return done(request, address(found, request), f"{found.reference} is yours.")


@moving
def claim(request: HttpRequest, case: Case) -> HttpResponse:
    case_actions.claim(
        case=case,
        user=request.user,
        version=pages.version(request),
        by=pages.actor(request),
        at=pages.now(),
    )
    return done(request, address(case, request), f"{case.reference} is yours.")


@moving
def release(request: HttpRequest, case: Case) -> HttpResponse:
    case_actions.release(
        case=case,
        user=request.user,
        version=pages.version(request),
        by=pages.actor(request),
        at=pages.now(),
    )
    return done(request, address(case, request), f"{case.reference} is free again.")


@require_POST
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the case while its page is open; the page asks every few minutes."""
    case = case_for(request, pk)
    pages.require(request, Permission.CLAIM_CASES, case.platform_id)
    case_actions.renew(case=case, user=request.user, by=pages.actor(request), at=pages.now())
    return HttpResponse(status=204)


@moving
def note(request: HttpRequest, case: Case) -> HttpResponse:
    form = forms.NoteForm(request.POST)
    if not form.is_valid():
        return workspace(request, case, note=form, status=422)
    case_actions.note(
        case=case,
        text=form.cleaned_data["text"],
        version=form.cleaned_data["version"],
        by=pages.actor(request),
        at=pages.now(),
    )
    return done(request, address(case, request), "Your note is in the timeline.")
