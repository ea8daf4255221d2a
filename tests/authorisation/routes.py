"""Every address the site answers, from the resolver: a new route cannot hide."""

from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLResolver


@dataclass(frozen=True)
class Route:
    """`pattern` is how the matrix names it; `params` are the names in its path."""

    pattern: str
    name: str
    params: tuple[str, ...]
    view: Any


def all_routes():
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver, prefix, namespace):
    for found in resolver.url_patterns:
        pattern = prefix + str(found.pattern)
        if isinstance(found, URLResolver):
            inner = f"{namespace}{found.namespace}:" if found.namespace else namespace
            yield from _walk(found, pattern, inner)
            continue
        params = (*getattr(found.pattern, "converters", {}), *_groups(found.pattern))
        yield Route(pattern, namespace + (found.name or ""), params, found.callback)


def _groups(pattern):
    regex = getattr(pattern, "_regex", None)
    return tuple(pattern.regex.groupindex) if regex is not None else ()
