"""The way to an OpenID provider and back."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from groups import access
from groups.views import visitor
from groups.views.verification import TRAIL
from identity.actions import requests
from identity.models import VerificationRequest
from identity.openid import attempts
from portal.core.errors import AccordError

State = VerificationRequest.State


@require_safe
@login_required
def leave(request: HttpRequest, id: str) -> HttpResponse:
    """Say what happens at the provider, with the link to it.

    A link, not a redirect: the page's policy lets forms lead to Accord only.
    """
    asked = access.get_verification_request_of(visitor.user_of(request), id)
    if asked.provider.kind != asked.provider.Kind.OIDC or asked.state != State.PENDING:
        return redirect("groups:verification", id=asked.account_id)
    try:
        url = attempts.begin(
            request=asked, session=request.session, redirect_uri=get_redirect_uri()
        )
    except AccordError as error:
        return _refuse(request, error, asked)
    context = {"section": "account", "trail": TRAIL, "asked": asked, "url": url}
    response = render(request, "groups/verification_leave.html", context)
    # The address is for this visit: going back to the page makes a new one.
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@login_required
def come_back(request: HttpRequest) -> HttpResponse:
    """Take what the provider answers, once, for the person who left from this browser."""
    user, at, by = visitor.user_of(request), visitor.now(), visitor.actor_of(request)
    asked = None
    try:
        attempt = attempts.recall(request.session, state=request.GET.get("state", ""))
        asked = access.get_verification_request_of(user, attempt.request)
        # Asked outside of any transaction: the provider may take its time.
        proof = attempts.finish(
            attempt=attempt, provider=asked.provider, answer=request.GET.dict(), at=at
        )
        requests.attest(request=asked, proof=proof, by=by, at=at)
    except attempts.Stopped as stopped:
        assert asked is not None
        requests.withdraw(request=asked, by=by, at=at)
        messages.info(request, str(stopped))
        return redirect("groups:verification", id=asked.account_id)
    except AccordError as error:
        return _refuse(request, error, asked)
    messages.success(request, "You are verified.")
    return redirect("groups:verification", id=asked.account_id)


def get_redirect_uri() -> str:
    """Return the address that is registered at every provider."""
    return settings.PUBLIC_URL + reverse("groups:verification_back")


def _refuse(
    request: HttpRequest, error: AccordError, asked: VerificationRequest | None
) -> HttpResponse:
    again = reverse("groups:verification", args=[asked.account_id]) if asked else "/account/"
    context = {"section": "account", "trail": TRAIL, "sentence": str(error), "again": again}
    context["advice"] = error.advice
    return render(request, "groups/verification_openid_wrong.html", context, status=error.status)
