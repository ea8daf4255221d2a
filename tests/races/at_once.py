"""Run things at the same moment, each on a connection of its own."""

import time
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


def until_somebody_waits():
    """Return when somebody waits for a lock that another holds."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Nobody waited.")
