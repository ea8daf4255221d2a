"""Logs of one line an event, with the request id and without personal data.

Two nets: keys that carry personal data are dropped, and what looks like a mail or network address
is masked in every text. Messages of exceptions are withheld unless they are written by Accord:
a database quotes the row, a parser quotes the input.
"""

import ipaddress
import re
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import OperationalError

from portal.core.errors import AccordError

DROPPED = frozenset(
    {
        *(
            "ip",
            "remote_addr",
            "user_agent",
            "referer",
            "cookies",
            "headers",
            "authorization",
        ),
        *(
            "query",
            "query_string",
            "body",
            "data",
            "payload",
            "params",
            "form",
            "args",
            "kwargs",
        ),
        *("email", "username", "name", "display_name", "password", "token", "secret"),
        *(
            "reason",
            "text",
            "excerpt",
            "note",
            "result",
            "error",
            "exception",
            "record",
        ),
    }
)
WITHHELD = "<withheld>"
LONGEST = 2000
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"'.,;:)]+")
_ADDRESS = re.compile(
    r"(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)|[0-9a-fA-F:]*:[0-9a-fA-F:.]*[0-9a-fA-F:](?!\w))"
)
_QUERY = re.compile(r"\?\S*")
# Worded by us, or about code and connections, not about data.
_SPOKEN = (
    *(AccordError, ImproperlyConfigured, OperationalError),
    *(ImportError, AttributeError, NameError),
)

Event = MutableMapping[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def drop_personal_data(logger: Any, method: str, event: Event) -> Event:
    for key in DROPPED.intersection(event):
        del event[key]
    return {key: _clean(key, value) for key, value in event.items()}


def describe_exceptions(logger: Any, method: str, event: Event) -> Event:
    """Replace exc_info by class and frames: where it happened, not with which values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = structlog.processors._figure_out_exc_info(info)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        event["traceback"] = _traceback(info[1])
    return event


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """Return settings.LOGGING. Lines of libraries take the same way as ours."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            describe_exceptions,
            drop_personal_data,
            renderer,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "handlers": [], "propagate": True},
            # Its lines repeat what django_structlog says, with the query string.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # These name the account and the address of whoever signs in.
            "axes": {"level": "CRITICAL"},
            "allauth": {"level": "CRITICAL"},
            "oauthlib": {"level": "CRITICAL"},
            "oauth2_provider": {"level": "CRITICAL"},
            # SQL with its parameters; remote addresses; mime parts.
            "django.db.backends": {"level": "INFO"},
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
        },
    }


def configure() -> None:
    structlog.configure(
        processors=[
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
]


def _clean(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return _mask(value) if key != "timestamp" else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {k: _clean(k, v) for k, v in value.items() if k not in DROPPED}
    if isinstance(value, list | tuple | set):
        return [_clean("", inner) for inner in value]
    return _mask(str(value))


def _mask(text: str) -> str:
    if len(text) > LONGEST:
        # The patterns take the square of its length; a word that is cut could slip through them.
        text = text[:LONGEST]
        text = text[: max(text.rfind(" "), text.rfind("/"), 0)] + "…"
    text = _QUERY.sub("", text) if "/" in text else text
    return _ADDRESS.sub(_mask_address, _EMAIL.sub("<mail>", text))


def _mask_address(match: re.Match[str]) -> str:
    try:
        ipaddress.ip_address(match[0])
    except ValueError:
        return match[0]
    return "<address>"


def _traceback(error: BaseException) -> list[str]:
    """One line an exception of the chain, each with its innermost frames."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 5:
        frames = traceback.extract_tb(seen.__traceback__)
        # Our own frames say where it came from, the innermost two where it happened.
        told = [f for f in frames[:-2] if "site-packages" not in f.filename][-6:] + frames[-2:]
        where = " > ".join(f"{_short(f.filename)}:{f.lineno} {f.name}" for f in told)
        lines.append(f"{type(seen).__name__}: {_spoken(seen)} [{where}]")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def _spoken(error: BaseException) -> str:
    if isinstance(error, _SPOKEN):
        return str(error).partition("\n")[0]
    diagnosis = getattr(
        error.__cause__ if isinstance(error, DatabaseError) else error, "diag", None
    )
    if diagnosis is not None:
        named = (diagnosis.sqlstate, diagnosis.constraint_name, diagnosis.table_name)
        return " ".join(filter(None, named)) or WITHHELD
    return WITHHELD


def _short(filename: str) -> str:
    return "/".join(filename.rsplit("/", 3)[-3:])
