"""An owner hands a group over: choose who takes it on, look at what follows, send the offer."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groups import access, forms, ownership
from groups.actions import transfers as transfer_actions
from groups.models import Group
from groups.queries import dashboard
from groups.queries import transfers as transfer_queries
from groups.views import my_groups, visitor
from identity.models import Account
from portal.core import errors


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def start(request: HttpRequest, id: str) -> HttpResponse:
    """Take an offer in three steps: choose somebody, read what follows, and send."""
    user = visitor.user_of(request)
    group = access.get_group_owned_by(user, id)
    owner = transfer_queries.owner_account(group=group, user=user)
    step = request.POST.get("step", "")
    if request.method != "POST" or step == "edit":
        typed = {"recipient": request.POST.get("recipient", "")}
        return _choose(request, group, _form(group, initial=typed))
    form = _form(group, request.POST)
    # Counted by who asks, so that nobody goes through the people of a platform.
    if form.is_valid() and form.names_a_stranger():
        limited: HttpResponse | None = ratelimit.consume_or_429(request, action="hand_over")
        if limited is not None:
            return limited
    recipient = _find(form, group, owner) if form.is_valid() else None
    if recipient is None:
        return _choose(request, group, form)
    if step != "send":
        return _review(request, group, owner, recipient)
    with visitor.refusals(form):
        transfer_actions.offer(
            group=group,
            from_account=owner,
            to_account=recipient,
            by=visitor.actor_of(request),
            at=visitor.now(),
        )
    if not form.is_valid():
        return _choose(request, group, form)
    messages.success(request, f"{group} is offered to {recipient}.")
    return redirect("groups:hand_over", id=group.pk)


def _form(group: Group, data: object = None, **options: object) -> forms.HandOverForm:
    helpers = [
        (one.account.external_id, f"{one.account}, {one.get_role_display().lower()}")
        for one in transfer_queries.list_others(group=group)
    ]
    return forms.HandOverForm(data, helpers=helpers, **options)


def _find(form: forms.HandOverForm, group: Group, owner: Account) -> Account | None:
    """Return whom the owner means; who cannot be meant is said beside the field."""
    try:
        found = access.get_account_named(group.platform, form.words())
    except errors.NotFound:
        # Nobody, or several: how many have a name is not the owner's to know.
        said = f"This names no single account on {group.platform}."
        form.add_error("recipient", f"{said} Give the id, as it is shown there.")
        return None
    if found == owner:
        form.add_error("recipient", "The group is yours already. Choose somebody else.")
        return None
    return found


def _choose(request: HttpRequest, group: Group, form: forms.HandOverForm) -> HttpResponse:
    context = _frame(request, group) | {"form": form}
    status = form.status if form.is_bound else 200
    return render(request, "groups/hand_over.html", context, status=status)


def _review(request: HttpRequest, group: Group, owner: Account, recipient: Account) -> HttpResponse:
    obstacles = ownership.list_obstacles(account=recipient, group=group, at=visitor.now())
    is_known = recipient in [one.account for one in transfer_queries.list_others(group=group)]
    is_linked = recipient.user_id is not None
    of_group = [one.sentence for one in obstacles if one.code in ownership.OF_THE_GROUP]
    context = _frame(request, group) | {
        "owner": owner,
        "recipient": recipient,
        "of_group": of_group,
        # What stands against a person is theirs to know, not the owner's. Of a stranger, whether
        # they use the portal is part of that.
        "is_hindered": len(of_group) < len(obstacles) or not (is_known or is_linked),
        "is_known_unlinked": is_known and not is_linked,
        "open_for": transfer_actions.OPEN_FOR,
    }
    return render(request, "groups/hand_over_review.html", context)


def _frame(request: HttpRequest, group: Group) -> dict[str, object]:
    role = dashboard.get_role(user=visitor.user_of(request), group=group)
    return my_groups.frame_of(request, group, role, "hand_over")
