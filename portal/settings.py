"""Settings, all from the environment. Sections follow INSTALLED_APPS."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from identity.scopes import SCOPES
from portal import admin_colours
from portal.core import caches, logs

# Lets `models.TextField[str, str]` and the like run, not only type-check.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ACCORD_MODE: "demo" (make demo: made-up secrets, 127.0.0.1 only), "test", or "production".
MODE = env.str("ACCORD_MODE", default="production")
if MODE not in ("demo", "test", "production"):
    raise ImproperlyConfigured(f"ACCORD_MODE is {MODE!r}. Set it to production, demo or test.")
IS_PRODUCTION = MODE == "production"


def required(name: str, *, what: str, outside_production: str) -> str:
    """Read what production needs; there an unset one stops the start with what to set."""
    value: str = env.str(name, default="")
    if value:
        return value
    if IS_PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. Set it to {what}.")
    return outside_production


SECRET_KEY = required(
    "SECRET_KEY",
    what="at least 50 random characters, for example the output of `openssl rand -base64 48`",
    outside_production="outside-production-only-" + "x" * 40,
)
# Key ring for encrypted fields: comma-separated id:base64(32 bytes); the first one encrypts.
FIELD_KEYS = required(
    "FIELD_KEYS",
    what="a key ring such as k1:BASE64, where BASE64 is the output of `openssl rand -base64 32`; "
    "the first key encrypts, the others only decrypt",
    outside_production="demo:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
)
# Ed25519 seed that signs purge certificates: base64 of 32 bytes.
SIGNING_KEY = required(
    "SIGNING_KEY",
    what="the output of `openssl rand -base64 32`; keep it, certificates are verified with it",
    outside_production="HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8=",
)

DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = required(
    "PUBLIC_URL",
    what="the address where people reach Accord, for example https://accord.example",
    outside_production="http://127.0.0.1:8000",
).rstrip("/")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "guardian",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "portal.core",
    "identity",
    "credit",
    "groups",
    "reports",
    "portal.apps.AccordAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django_structlog",
    "django_prometheus",
]
if not IS_PRODUCTION:
    INSTALLED_APPS.append("portal.demo")

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.looser_policy_for_admin",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "identity.middleware.second_factor",
    "identity.middleware.personal_time",
    "axes.middleware.AxesMiddleware",
    "portal.core.middleware.ExpectedErrorMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.page",
                "groups.context_processors.header",
            ],
        },
    }
]

# --- database ---
DATABASE_URL = required(
    "DATABASE_URL",
    what="a PostgreSQL 15 to 18 database, for example postgresql://accord:PASSWORD@db.internal/accord",
    outside_production="postgresql://postgres@127.0.0.1:5432/accord",
)
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {
    "ENGINE": "portal.core.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": False,
}
# Never of itself, but where it is asked to (portal.core.rows); without a number the driver cannot.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 1_000_000_000
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
# The words of the pages are English; notices have languages of their own.
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "portal.formats"

# --- django.contrib ---
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests sign in a lot
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # load balancers ask on the inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "portal.core.error_pages.csrf_failure"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if IS_PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
# Outside production, files are served from where they lie; `collectstatic` is for deployments.
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = MODE == "test"  # every test client would list them all again
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024  # a 10 MiB batch of events and its envelope

EMAIL_URL = required(
    "EMAIL_URL",
    what="the mail server, for example smtp+tls://user:PASSWORD@mail.internal:587",
    outside_production="consolemail://",
)
vars().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="accord@localhost")
# Where people write who cannot sign in or cannot use a page; shown on the help pages.
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default=DEFAULT_FROM_EMAIL)

ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False

# --- allauth, axes ---
ACCOUNT_ADAPTER = "identity.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Accord: "
ACCOUNT_RATE_LIMITS = {"invitation": "20/m/ip,5/h/key", "hand_over": "20/h/user,40/d/user"}
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser
MFA_ADAPTER = "identity.adapters.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "identity.forms.ActivateTOTP",
    "add_webauthn": "identity.forms.AddWebAuthn",
}
# The guard is against squatters who sign themselves up; here an invitation reached the address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Accord"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
# W006 wants the address of the machine in the key; then guessing from many machines would work.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
AXES_RESET_ON_SUCCESS = True
# Attempts while locked do not make it longer, so that the page can say until when.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "identity.lockout.name_of"
AXES_LOCKOUT_CALLABLE = "identity.lockout.respond"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # the sessions page and the audit say who signed in

# --- oauth2_provider ---
OAUTH2_PROVIDER_APPLICATION_MODEL = "identity.ApiClient"
OAUTH2_PROVIDER = {
    "SCOPES": SCOPES,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "OAUTH2_BACKEND_CLASS": "identity.api.oauth.HeaderCore",
    "OAUTH2_VALIDATOR_CLASS": "identity.api.oauth.ClientCredentialsValidator",
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # as checksums only
    # There are only client credentials; what else the library offers is as RFC 9700 wants it.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# --- DRF, OpenAPI ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oauth2_provider.contrib.rest_framework.OAuth2Authentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.core.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.core.throttling.ClientThrottle"],
    "DEFAULT_PAGINATION_CLASS": "portal.core.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "portal.core.openapi.AccordSchema",
    "EXCEPTION_HANDLER": "portal.core.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Each API client may send this many.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=1200)
SPECTACULAR_SETTINGS = {
    "TITLE": "Accord",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.core.openapi.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {"LevelEnum": "identity.models.verifications.Level"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Accord",
    "SITE_HEADER": "Accord",
    "SITE_SUBHEADER": "Group accountability",
    "SITE_SYMBOL": "balance",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("accord/mark.svg")}
    ],
    "ENVIRONMENT": "portal.admin_nav.environment",
    "DASHBOARD_CALLBACK": "groups.admin.overview.fill",
    "SHOW_HISTORY": False,
    "BORDER_RADIUS": "6px",
    "COLORS": admin_colours.COLOURS,
    "STYLES": [lambda request: static("admin_accord/admin.css")],
    "SCRIPTS": [lambda request: static("admin_accord/admin.js")],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "portal.admin_nav.navigation",
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Password", "link": reverse_lazy("account_change_password")},
            {"title": "Second factor", "link": reverse_lazy("mfa_index")},
            {"title": "Sessions", "link": reverse_lazy("usersessions_list")},
        ]
    },
}

# --- groups ---
# A decision can be appealed for so long; an appeal is to be decided within so long.
APPEAL_WINDOW_DAYS = env.int("APPEAL_WINDOW_DAYS", default=30)
APPEAL_REVIEW_DAYS = env.int("APPEAL_REVIEW_DAYS", default=14)

# --- Celery, cache ---
BROKER_URL = env.str("BROKER_URL", default="" if IS_PRODUCTION else "redis://127.0.0.1:6379/0")
if not BROKER_URL:
    raise ImproperlyConfigured(
        "BROKER_URL is not set. Set it to Redis, Valkey or RabbitMQ, "
        "for example redis://cache.internal/0 or amqp://accord:PASSWORD@mq.internal//."
    )
CACHE_URL = env.str("CACHE_URL", default="")
CACHES = caches.configuration(CACHE_URL, broker_url=BROKER_URL, is_production=IS_PRODUCTION)
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# A task that its worker did not finish is given to another one; every task may run twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
if BROKER_URL.startswith("amqp"):
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
else:
    # Longer than the longest task (the purge, six hours), or Redis gives it out while it runs.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7 * 3600}

# Whoever scrapes /metrics sends it as a Bearer token; without one nobody can.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- logs ---
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logs.configuration(as_json=IS_PRODUCTION, level=LOG_LEVEL)
logs.configure()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

# Receivers on this machine, for the demo and the tests; private networks are refused always.
WEBHOOK_ALLOW_LOOPBACK = not IS_PRODUCTION
