"""Pages for everybody, signing in, and what one does with one's own sign-in."""

from datetime import timedelta

from identity.invitations import Invitation
from tests.authorisation.people import STAFF, Who
from tests.authorisation.rows import (
    ALLOW,
    EVERYBODY,
    HIDDEN,
    NOBODY_FINDS_IT,
    SIGN_IN,
    SIGNED_IN,
    WHOEVER_SIGNED_IN,
    get,
    post,
)
from tests.factories.base import AT

# Made by libraries, reached through a page of sign-in that this visitor did not come from.
ONLY_ON_THE_WAY_IN = {who: ALLOW if who in SIGNED_IN else SIGN_IN for who in Who}


def unchanged(route, cells, **options):
    """A form sent empty: it answers with what is missing and changes nothing."""
    return post(route, cells, changes=False, **options)


PAGES = [
    get("problems/", EVERYBODY),
    get("problems/<slug:code>/", EVERYBODY, params=lambda w: {"code": "not-found"}),
    get("certificates/keys/", EVERYBODY),
    get("certificates/keys.json", EVERYBODY),
    get("transparency/", EVERYBODY),
    get(
        "transparency/<uuid:run_id>/",
        EVERYBODY,
        params=lambda w: {"run_id": w.here.published.pk},
    ),
    get(
        "transparency/<uuid:run_id>/",
        NOBODY_FINDS_IT,
        params=lambda w: {"run_id": w.here.unpublished.pk},
        of="not published",
    ),
    get(
        "transparency/<uuid:run_id>/report.<str:form>",
        EVERYBODY,
        params=lambda w: {"run_id": w.here.published.pk, "form": "csv"},
    ),
    get(
        "transparency/<uuid:run_id>/report.<str:form>",
        NOBODY_FINDS_IT,
        params=lambda w: {"run_id": w.here.unpublished.pk, "form": "pdf"},
        of="not published",
    ),
    get("healthz", EVERYBODY),
    # Whoever scrapes sends a token of the installation; nobody here has it.
    get("metrics", NOBODY_FINDS_IT),
    get("help/", EVERYBODY),
    get("account/erased/", EVERYBODY),
    get("accessibility/", EVERYBODY),
    get("styleguide/", EVERYBODY, note="not in production"),
    unchanged("theme/", EVERYBODY, data=lambda w, who: {"theme": "dark"}),
    get("rules/", EVERYBODY),
    get("rules/<slug:slug>/", EVERYBODY, params=lambda w: {"slug": w.here.platform.slug}),
    get("standing/", EVERYBODY),
    get("standing/<slug:slug>/", EVERYBODY, params=lambda w: {"slug": w.here.platform.slug}),
    get("api/schema/", EVERYBODY),
    get("api/docs/", EVERYBODY),
]


def _invitation(world):
    invitation = Invitation(world.here.invited.pk, AT + timedelta(days=1))
    return {"token": invitation.link.split("/")[-2]}


SIGNING_IN = [
    get("invitations/<str:token>/", EVERYBODY, params=_invitation),
    post(
        "invitations/<str:token>/",
        EVERYBODY,
        params=_invitation,
        data=lambda w, who: {"email": "new@example.org"},
        changes=SIGNED_IN,
        note="whoever is not signed in is sent a mail",
    ),
    get("accounts/login/", EVERYBODY),
    unchanged("accounts/login/", EVERYBODY),
    get("accounts/logout/", WHOEVER_SIGNED_IN),
    # Ends the visitor's own session, and leads to the page of signing in.
    unchanged("accounts/logout/", dict.fromkeys(Who, SIGN_IN)),
    get("accounts/inactive/", EVERYBODY),
    # By invitation only: the page says so, and a form that is sent anyhow signs nobody up.
    get("accounts/signup/", EVERYBODY),
    unchanged(
        "accounts/signup/",
        EVERYBODY,
        data=lambda w, who: {
            "email": "new@example.org",
            "password1": "a long enough password",
            "password2": "a long enough password",
        },
    ),
    get("accounts/confirm-email/", EVERYBODY),
    get(
        "accounts/^confirm-email/(?P<key>[-:\\w]+)/$",
        EVERYBODY,
        path=lambda w: "/accounts/confirm-email/nobody-has-this-key/",
    ),
    unchanged(
        "accounts/^confirm-email/(?P<key>[-:\\w]+)/$",
        NOBODY_FINDS_IT,
        path=lambda w: "/accounts/confirm-email/nobody-has-this-key/",
    ),
    get("accounts/password/reset/", EVERYBODY),
    unchanged("accounts/password/reset/", EVERYBODY),
    get("accounts/password/reset/done/", EVERYBODY),
    get("accounts/password/reset/key/done/", EVERYBODY),
    get(
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        EVERYBODY,
        path=lambda w: "/accounts/password/reset/key/abc-nobody-has-this-key/",
    ),
    unchanged(
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        EVERYBODY,
        path=lambda w: "/accounts/password/reset/key/abc-nobody-has-this-key/",
    ),
    get("accounts/login/code/confirm/", ONLY_ON_THE_WAY_IN),
    unchanged("accounts/login/code/confirm/", ONLY_ON_THE_WAY_IN),
    get("accounts/2fa/authenticate/", ONLY_ON_THE_WAY_IN),
    unchanged("accounts/2fa/authenticate/", ONLY_ON_THE_WAY_IN),
    get("accounts/2fa/webauthn/login/", ONLY_ON_THE_WAY_IN),
    unchanged("accounts/2fa/webauthn/login/", ONLY_ON_THE_WAY_IN),
]

# Each of these is about the visitor's own sign-in and takes no id of anybody.
OWN_PAGES = [
    "accounts/email/",
    "accounts/password/change/",
    "accounts/password/set/",
    "accounts/reauthenticate/",
    "accounts/sessions/",
    "accounts/2fa/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/webauthn/reauthenticate/",
]
WITHOUT_POST = {"accounts/2fa/", "accounts/2fa/recovery-codes/generate/", "accounts/2fa/webauthn/"}
# There is nothing to see for people who set up no second factor.
WITH_FACTOR = {*STAFF, Who.FOREIGN_STAFF}
OF_THE_FACTOR = {
    who: ALLOW if who in WITH_FACTOR else HIDDEN if who in SIGNED_IN else SIGN_IN for who in Who
}
OWN_KEYS = [f"accounts/2fa/webauthn/keys/<int:pk>/{what}/" for what in ("remove", "edit")]

NO_SUCH_KEY = {who: HIDDEN if who in SIGNED_IN else SIGN_IN for who in Who}

OWN_SIGN_IN = [
    *(get(route, WHOEVER_SIGNED_IN) for route in OWN_PAGES),
    get("accounts/2fa/totp/deactivate/", OF_THE_FACTOR),
    post("accounts/2fa/totp/deactivate/", OF_THE_FACTOR, note="their own, after the password"),
    # allauth notes in their own row that they looked.
    get("accounts/2fa/recovery-codes/", OF_THE_FACTOR, changes=True),
    get("accounts/2fa/recovery-codes/download/", OF_THE_FACTOR, changes=True),
    # New codes replace the old ones; the page tells others to set up a second factor first.
    post(
        "accounts/2fa/recovery-codes/generate/",
        WHOEVER_SIGNED_IN,
        changes=WITH_FACTOR,
    ),
    *(unchanged(route, WHOEVER_SIGNED_IN) for route in OWN_PAGES if route not in WITHOUT_POST),
    *(
        make(route, NO_SUCH_KEY, params=lambda w: {"pk": w.here.passkey.pk})
        for make in (get, unchanged)
        for route in OWN_KEYS
    ),
]

PUBLIC_ROWS = [*PAGES, *SIGNING_IN, *OWN_SIGN_IN]
