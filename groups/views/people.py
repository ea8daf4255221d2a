"""Who is responsible for a group, and who was: now, at an instant, and over time."""

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from groups import access, forms, pictures
from groups.actions import delegations
from groups.actions import tenures as tenure_actions
from groups.models import Tenure, Transfer
from groups.queries import answering, dashboard, disputes, ownerless
from groups.queries import gaps as gap_queries
from groups.queries import tenures as tenure_queries
from groups.views import role_tables, visitor
from groups.views.my_groups import frame_of
from portal.core import cells
from portal.core.errors import NotFound

MOST_TENURES = 100
MOST_STEPS = 20


@require_safe
@login_required
def show_people(request: HttpRequest, id: str) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    group = access.get_group_for_owner(user, id)
    tenures = list(tenure_queries.list_tenures(group=group)[: MOST_TENURES + 1])
    gaps = tenure_queries.list_gaps(group=group, at=at)
    contested = disputes.list_disputes(
        tenures=tenures, transfers=Transfer.objects.filter(group=group), at=at
    )
    frame = frame_of(request, group, dashboard.get_role(user=user, group=group), "people")
    form = forms.PastInstantForm(request.GET if "at" in request.GET else None, now=at)
    asked = form.cleaned_data["at"] if form.is_valid() else None
    shown = {
        "now_held": _by_rank(tenure for tenure in tenures if tenure.until is None),
        "form": form,
        "asked": asked,
        "then_held": _by_rank(tenure_queries.list_tenures(group=group, at=asked)) if asked else [],
        "tenures": tenures[:MOST_TENURES],
        "has_more": len(tenures) > MOST_TENURES,
        "gaps": gaps,
        "disputes": contested,
        "picture": pictures.of_tenures(tenures, gaps=gaps, disputes=contested, at=at),
        "delegates": set(answering.list_delegates(group_id=group.pk)),
        "lacks": gap_queries.list_gaps(group=group, at=at),
        "steps": ownerless.list_steps(group=group)[:MOST_STEPS],
    }
    return render(request, "groups/people.html", frame | shown)


@require_POST
@login_required
def delegate(request: HttpRequest, id: str) -> HttpResponse:
    """Name a manager to answer reports, or no longer; only the owner does."""
    user = visitor.user_of(request)
    group = access.get_group_owned_by(user, id)
    form = forms.DelegationForm(request.POST)
    if not form.is_valid():
        raise NotFound(access.MISSING)
    account = access.get_manager_of(group, form.cleaned_data["account"])
    by, at = visitor.actor_of(request), visitor.now()
    with visitor.refusals(form):
        if form.cleaned_data["answers"] or account.user is None:
            delegations.delegate(group=group, account=account, by=by, at=at)
            said = f"{account} answers reports now, and whoever else you named."
        else:
            delegations.end(group=group, user=account.user, by=by, at=at)
            said = f"{account} is not named any more."
    if form.is_valid():
        messages.success(request, said)
    else:
        messages.error(request, str(form.non_field_errors()[0]))
    return redirect("groups:people", id=group.pk)


@require_safe
@login_required
def download_people(request: HttpRequest, id: str) -> HttpResponse:
    """Send the roles of a group as a table (RFC 4180, UTF-8), times in UTC.

    With `at`, only those that were held at that instant; what is no past instant is ignored.
    """
    by, now = visitor.actor_of(request), visitor.now()
    group = access.get_group_for_owner(visitor.user_of(request), id)
    form = forms.PastInstantForm(request.GET, now=now)
    asked = form.cleaned_data["at"] if form.is_valid() else None
    tenure_actions.record_export(group=group, held_at=asked, by=by, at=now)
    tenures = tenure_queries.list_tenures(group=group, at=asked)
    rows = (role_tables.row(tenure) for tenure in tenures.iterator(chunk_size=1000))
    return cells.download("responsibility.csv", [role_tables.HEADINGS, *rows])


def _by_rank(tenures: Iterable[Tenure]) -> list[Tenure]:
    return sorted(tenures, key=tenure_queries.rank_of)
