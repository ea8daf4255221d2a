"""Every error that Accord may answer with, for its public pages and the API document."""

import functools
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings

from portal.core import errors


def kinds() -> dict[str, type[errors.AccordError]]:
    """List every error of Accord by its code; the first class that declares a code explains it."""
    _load()
    found: dict[str, type[errors.AccordError]] = {}
    waiting: list[type[errors.AccordError]] = [errors.AccordError]
    while waiting:
        kind = waiting.pop(0)
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return dict(sorted(found.items()))


@functools.cache
def _load() -> None:
    """Import the modules in which our apps keep errors, whether or not a view did already."""
    for config in apps.get_app_configs():
        if (
            not Path(config.path).is_relative_to(settings.BASE_DIR)
            or "site-packages" in config.path
        ):
            continue
        for package in (config.name, f"{config.name}.actions"):
            if find_spec(package):
                for module in pkgutil.iter_modules(import_module(package).__path__):
                    if not module.ispkg and module.name != "urls":
                        import_module(f"{package}.{module.name}")
