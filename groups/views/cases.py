"""A case as the group sees it: what was reported, what happened since, and the answer."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groups import access, forms
from groups.actions import cases as case_actions
from groups.models import Case, CaseEntry
from groups.queries import answering, visibility
from groups.queries import cases as case_queries
from groups.views import visitor
from identity.models import Account

KIND = CaseEntry.Kind
TITLES = {
    KIND.OPENED.value: "A report came in",
    KIND.FLAGGED.value: "It was reported again",
    KIND.ANSWERED.value: "The group answered",
    KIND.ESCALATED.value: "The deadline passed without an answer; staff took over",
    KIND.DECIDED.value: "A decision was taken",
    KIND.APPEALED.value: "An appeal was made",
    KIND.APPEAL_DECIDED.value: "The appeal was decided by somebody else",
    KIND.CLOSED.value: "The case was closed",
}
STATES = {
    "WITH_OWNER": ("watch", "Waits for your group"),
    "WITH_STAFF": ("info", "With staff"),
    "WITH_SENIOR": ("info", "With senior staff"),
    "DECIDED": ("neutral", "Decided"),
    "CLOSED": ("neutral", "Closed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline as the group reads it: people of the staff have no names here."""

    at: datetime
    title: str
    who: str
    text: str
    state: str


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a case; POST sends an answer."""
    user = visitor.user_of(request)
    case = access.get_case_for_owner(user, reference)
    own = answering.list_accounts_answering(user=user, case=case)
    if request.method != "POST":
        return _page(request, case, own, forms.AnswerForm(initial={"version": case.version}))
    form = forms.AnswerForm(request.POST)
    if form.is_valid():
        account = own[0] if own else None
        with visitor.refusals(form):
            if account is None:
                raise case_actions.NotYoursToAnswer("Others answer this case for the group.")
            case_actions.answer(
                case=case,
                version=form.cleaned_data["version"],
                account=account,
                text=form.cleaned_data["text"],
                by=visitor.actor_of(request),
                at=visitor.now(),
            )
    if form.is_valid():
        messages.success(request, "Your answer was sent. Staff read it beside the report.")
        return redirect("groups:case", reference=case.reference)
    # Whoever was too late reads what is new and may then send what they typed.
    case = access.get_case_for_owner(user, reference)
    visitor.renew(request, form, version=str(case.version))
    return _page(request, case, own, form, status=form.status)


def _page(
    request: HttpRequest,
    case: Case,
    own: list[Account],
    form: forms.AnswerForm,
    *,
    status: int = 200,
) -> HttpResponse:
    user = visitor.user_of(request)
    was_asked = case_queries.was_group_asked(case=case)
    decisions = visibility.list_decisions_for_owner(user=user).filter(case=case)
    lines = list(case_queries.list_timeline(case=case, public_only=True))
    has_answered = any(line.kind == KIND.ANSWERED for line in lines)
    badge, state = STATES[case.state]
    context = {
        "section": "groups",
        "trail": [
            ("/", "Home"),
            ("../", "Cases"),
            ("", case.reference),
        ],
        "case": case,
        "badge": badge,
        "state": state,
        "reported": case_queries.list_reported(case=case) if was_asked else [],
        "entries": [_line(line) for line in lines],
        "decisions": decisions.select_related("rule").order_by("number"),
        "answering": answering.list_answering(group=case.group, subject=case.subject),
        "own": {account.pk for account in own},
        "may_answer": bool(own) and case.is_open and was_asked,
        "has_answered": has_answered,
        "form": form,
    }
    return render(request, "groups/case.html", context, status=status)


def _line(entry: CaseEntry) -> Line:
    who = ""
    if entry.by_account is not None:
        who = str(entry.by_account)
    elif entry.by_user_id is not None and entry.kind != KIND.OPENED:
        who = "a person on the staff"
    is_late = entry.kind == KIND.ESCALATED
    title = TITLES.get(entry.kind, entry.get_kind_display())
    return Line(entry.at, title, who, entry.body, "late" if is_late else "done")
