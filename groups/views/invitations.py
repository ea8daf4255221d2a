"""Getting in: an invitation connects an account with a sign-in, old or new."""

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from groups import invitation_forms
from groups.forms import Form
from groups.views import visitor
from identity import invitations
from identity.actions import invitations as actions
from identity.invitations import Invitation, InvitationNotValid
from identity.models import Account, User
from portal.core.actors import Actor

BY = Actor.system("invitations")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation is for. Whoever is signed in connects it; others sign in or join."""
    try:
        invitation = invitations.read(token, at=visitor.now())
        account = invitations.account_of(invitation)
    except InvitationNotValid as error:
        context = {"sentence": str(error)}
        return render(request, "groups/invitation_wrong.html", context, status=error.status)
    if account.user_id is not None:
        return _is_connected(request, account)
    if isinstance(request.user, User):
        return _connect(request, invitation, account, request.user)
    if invitation.email:
        return _join(request, invitation, account)
    return _ask_address(request, invitation, account)


def _is_connected(request: HttpRequest, account: Account) -> HttpResponse:
    if request.user.is_authenticated and account.user_id == request.user.pk:
        messages.info(request, f"{account} on {account.platform} is yours already.")
        return redirect("groups:home")
    context = {"account": account}
    return render(request, "groups/invitation_taken.html", context, status=409)


def _connect(
    request: HttpRequest, invitation: Invitation, account: Account, user: User
) -> HttpResponse:
    form = Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with visitor.refusals(form):
            actions.connect(
                invitation=invitation, user=user, by=visitor.actor_of(request), at=visitor.now()
            )
        if form.is_valid():
            messages.success(request, f"{account} on {account.platform} is yours now.")
            return redirect("groups:home")
    return _show(request, "groups/invitation.html", account, form)


def _ask_address(request: HttpRequest, invitation: Invitation, account: Account) -> HttpResponse:
    form = invitation_forms.AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        # Mails are counted by machine and by account.
        limited: HttpResponse | None = ratelimit.consume_or_429(
            request, action="invitation", key=str(account.pk)
        )
        if limited is not None:
            return limited
        email = form.cleaned_data["email"]
        with visitor.refusals(form):
            invitations.mail(account=account, invitation=invitation, email=email, at=visitor.now())
        if form.is_valid():
            messages.success(request, f"A link is on its way to {email}. It works for 24 hours.")
            return redirect(request.path)
    return _show(request, "groups/invitation_address.html", account, form)


def _join(request: HttpRequest, invitation: Invitation, account: Account) -> HttpResponse:
    form = invitation_forms.JoinForm(
        request.POST if request.method == "POST" else None, email=invitation.email
    )
    if form.is_valid():
        with visitor.refusals(form):
            user = actions.join(
                invitation=invitation,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password1"],
                by=BY,
                at=visitor.now(),
            )
        if form.is_valid():
            messages.success(request, f"Welcome. {account} on {account.platform} is yours now.")
            answer: HttpResponse = perform_login(request, user, redirect_url="/")
            return answer
    return _show(request, "groups/invitation_join.html", account, form, email=invitation.email)


def _show(
    request: HttpRequest, template: str, account: Account, form: Form, **context: object
) -> HttpResponse:
    status = form.status if form.is_bound else 200
    context |= {"account": account, "form": form}
    return render(request, template, context, status=status)
