"""The second factor of staff, and each reader's own time zone."""

import zoneinfo
from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from identity.models import User

Handler = Callable[[HttpRequest], HttpResponse]

# Where a person who had to set up a second factor wanted to go.
AFTER_SECOND_FACTOR = "after_second_factor"
# Recovery codes alone are no second factor: they exist for the day the real one is lost.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def second_factor(get_response: Handler) -> Handler:
    """Let nobody into /admin/ but staff who proved a second factor in this session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(reverse("admin:index")):
            return get_response(request)
        elsewhere = _where_to_go_first(request)
        if elsewhere is None:
            request.session.pop(AFTER_SECOND_FACTOR, None)
            return get_response(request)
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRedirect(elsewhere)
        return HttpResponseRedirect(elsewhere)

    return middleware


def _where_to_go_first(request: HttpRequest) -> str | None:
    """Return the address a person must visit before the admin, or none.

    Raises PermissionDenied for people who are no staff.
    """
    if request.path_info == reverse("admin:login"):
        wanted = request.GET.get("next", reverse("admin:index"))
        return f"{reverse('account_login')}?{urlencode({'next': wanted})}"
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(_landing(request)).url
    if not user.is_staff:
        raise PermissionDenied
    if not is_mfa_enabled(user, FACTORS):
        request.session[AFTER_SECOND_FACTOR] = _landing(request)
        return reverse("mfa_index")
    if not did_prove_second_factor(request, user):
        return f"{_proof_address(user)}?{urlencode({'next': _landing(request)})}"
    return None


def did_prove_second_factor(request: HttpRequest, user: User) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, user))


def _proof_address(user: User) -> str:
    if is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return reverse("mfa_reauthenticate")
    return reverse("mfa_reauthenticate_webauthn")


def _landing(request: HttpRequest) -> str:
    """Return where to come back to: a page, never the target of a form or of a fragment."""
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    return request.get_full_path() if is_page else reverse("admin:index")


def personal_time(get_response: Handler) -> Handler:
    """Show times in the zone that the person chose."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return get_response(request)
        try:
            zone = zoneinfo.ZoneInfo(user.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware
