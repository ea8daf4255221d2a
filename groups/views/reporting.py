"""Reports by members: sending one, and following what became of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from groups import access, forms
from groups.actions import flags as flag_actions
from groups.models import Decision, Flag, Group
from groups.notice_phrases import phrases
from groups.queries import answering, dashboard, decision_page, rules
from groups.views import appeals, visitor
from identity.models import Account
from portal.core import errors

MOST_SENT = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def write(request: HttpRequest) -> HttpResponse:
    """Report something in a group on one of the platforms where the reader has an account."""
    user = visitor.user_of(request)
    accounts = list(dashboard.list_accounts(user=user))
    known = list(rules.list_in_force_on(platform_ids=[one.platform_id for one in accounts]))
    form = forms.FlagForm(
        request.POST if request.method == "POST" else None, accounts=accounts, rules=known
    )
    if form.is_valid():
        flag = None
        with visitor.refusals(form):
            flag = _send(request, form)
        if flag is not None and form.is_valid():
            messages.success(request, "Your report was sent.")
            return redirect("groups:report_sent", id=flag.pk)
    context = {
        "section": "report",
        "form": form,
        "accounts": accounts,
        "sent": list(dashboard.list_flags_sent(user=user)[:MOST_SENT]),
    }
    return render(
        request, "groups/report.html", context, status=form.status if form.errors else 200
    )


def _send(request: HttpRequest, form: forms.FlagForm) -> Flag | None:
    """Find the group that the person named, and send. One that is not found is said there."""
    account, rule = form.chosen_account(), form.chosen_rule()
    assert account is not None
    assert rule is not None
    platform, given = account.platform, form.cleaned_data
    try:
        group = access.get_group_named(platform, given["group"])
    except errors.NotFound as error:
        form.add_error("group", str(error))
        return None
    return flag_actions.send(
        platform=platform,
        group=group,
        subject=_find_subject(
            group, given["subject"], is_owner=given["about_owner"], reporter=account
        ),
        rule=rule,
        reporter=account,
        source=Flag.Source.NOTICE,
        statement=form.whole_statement(),
        excerpts=[given["excerpt"]] if given["excerpt"] else [],
        external_id=f"portal:{form.key()}",
        by=visitor.actor_of(request),
        at=visitor.now(),
    )


def _find_subject(group: Group, words: str, *, is_owner: bool, reporter: Account) -> Account | None:
    """Return whom the case is about; null leaves it about the group.

    Nothing that the reporter sees depends on whether somebody was found: nobody can try out who
    has an account. The name stays in the report, for whoever reads it.
    """
    if is_owner:
        return answering.get_owner(group=group)
    return answering.find_named(group=group, words=words, reporter=reporter) if words else None


@require_safe
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    """Show a report to whoever sent it, and what was decided."""
    user = visitor.user_of(request)
    flag = access.get_flag_for_reporter(user, id)
    decision = _last_decision(flag)
    own = decision and decision_page.get_own_right(decision=decision, user=user, at=visitor.now())
    return render(
        request,
        "groups/report_sent.html",
        {
            "section": "report",
            "trail": [("/", "Home"), ("../../", "Report something"), ("", "Your report")],
            "flag": flag,
            "excerpts": [evidence.excerpt for evidence in flag.evidence.order_by("pk")],
            "decision": decision,
            "outcome": phrases("en")[decision.outcome] if decision else "",
            "own": own,
            "appeals": decision_page.list_own_appeals(decision=decision, user=user)
            if decision
            else [],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appeal(request: HttpRequest, id: str) -> HttpResponse:
    """Contest, as the reporter, what was decided about the report."""
    user = visitor.user_of(request)
    flag = access.get_flag_for_reporter(user, id)
    decision = _last_decision(flag)
    if decision is None:
        raise errors.NotFound(access.MISSING)
    own = decision_page.get_own_right(decision=decision, user=user, at=visitor.now())
    return appeals.compose(request, decision, own)


def _last_decision(flag: Flag) -> Decision | None:
    found = Decision.objects.in_force().filter(case=flag.case_id)
    return found.select_related("case__group", "rule", "platform").order_by("-number").first()
