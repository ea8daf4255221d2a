import pytest
from django.urls import URLPattern, get_resolver

from portal.core import idempotency

MUTATING = ("post", "put", "patch", "delete")
# Questions that are asked by POST because they carry a body. They change nothing.
QUESTIONS = {"access/v1/evaluation", "access/v1/evaluations"}


def endpoints():
    """Every (route, view class, method name) of the API that may change something."""
    waiting = [("", pattern) for pattern in get_resolver().url_patterns]
    while waiting:
        prefix, pattern = waiting.pop()
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            waiting += [(route, inner) for inner in pattern.url_patterns]
            continue
        view = getattr(pattern.callback, "cls", None)
        if view is None:
            continue
        actions = getattr(pattern.callback, "actions", None) or {m: m for m in MUTATING}
        for method, name in actions.items():
            if method in MUTATING and hasattr(view, name):
                yield route, view, name


def test_there_are_endpoints_to_look_at():
    assert len(list(endpoints())) >= 2


@pytest.mark.parametrize(("route", "view", "method"), list(endpoints()))
def test_whatever_changes_something_takes_an_idempotency_key(route, view, method):
    keyed = idempotency.is_keyed(getattr(view, method))

    assert keyed is (route not in QUESTIONS)
