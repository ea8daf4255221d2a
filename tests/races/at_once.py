"""Run things at the same moment, each on a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from portal.core.errors import AccordError


def run(*things):
    """Start every callable behind one barrier. Return what each returned or was refused with."""
    barrier = Barrier(len(things), timeout=60)

    def start(thing):
        try:
            connection.ensure_connection()
            barrier.wait()
            return thing()
        except AccordError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(start, things))


def split(results):
    """Return what succeeded, and the errors of what was refused."""
    errors = [result for result in results if isinstance(result, AccordError)]
    return [result for result in results if not isinstance(result, AccordError)], errors
