"""What production would write to its logs, caught as text."""

import io
import logging
import logging.config
from contextlib import contextmanager

from django.conf import settings

from portal.core import logs


@contextmanager
def caught():
    """Log as production does, in all detail; the run's own logging is restored afterwards."""
    stream = io.StringIO()
    config = logs.configuration(as_json=True, level="DEBUG")
    config["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    before = root.handlers[:]
    logging.config.dictConfig(config)
    try:
        yield stream
    finally:
        # Not only the root's level: the loggers below it would go on writing all of DEBUG.
        logging.config.dictConfig(settings.LOGGING)
        root.handlers[:] = before
