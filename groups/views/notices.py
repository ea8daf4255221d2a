"""What a person was told, as it was sent."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from groups import access, notice_slots
from groups.actions import notices as notice_actions
from groups.queries import dashboard, visibility
from groups.queries import notices as notice_queries
from groups.views import visitor


@require_safe
@login_required
def list_notices(request: HttpRequest) -> HttpResponse:
    user = visitor.user_of(request)
    before = visitor.uuid_in(request.GET.get("before", ""))
    notices, has_more = visitor.page_of(notice_queries.list_for(user=user, before=before))
    return render(
        request,
        "groups/notices.html",
        {
            "section": "notices",
            "notices": notices,
            "newer_url": request.path if before else "",
            "older_url": f"?before={notices[-1].pk}" if has_more else "",
        },
    )


@require_safe
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    user = visitor.user_of(request)
    notice = access.get_notice_for(user, id)
    cases = visibility.list_cases_for_owner(user=user).filter(notices=notice)
    decisions = visibility.list_decisions_for_owner(user=user).filter(notices=notice)
    return render(
        request,
        "groups/notice.html",
        {
            "section": "notices",
            "trail": [("/", "Home"), ("../", "Notices"), ("", notice.subject)],
            "notice": notice,
            # The case or decision may be nothing that the reader may open, as a reporter.
            "case": cases.order_by("pk").first(),
            "decision": decisions.order_by("pk").first(),
            "report": dashboard.list_flags_sent(user=user).filter(case=notice.case_id).first()
            if notice.kind in notice_slots.REPORT_KINDS
            else None,
        },
    )


@require_POST
@login_required
def mark_read(request: HttpRequest, id: str) -> HttpResponse:
    notice = access.get_notice_for(visitor.user_of(request), id)
    notice_actions.mark_read(notice=notice, by=visitor.actor_of(request), at=visitor.now())
    if request.headers.get("HX-Request") == "true":
        return render(request, "groups/notice_read.html", {"notice": notice})
    if "stay" in request.POST:
        return redirect("groups:notice", id=notice.pk)
    return redirect("groups:notices")
