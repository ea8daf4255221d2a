"""Accord behind a wrapper that kills its own process once the answer to a marked request is made.

By then the request has committed, and nobody has been told.
"""

import os
import signal

from portal.wsgi import application as accord

MARK = "HTTP_X_DIE_BEFORE_ANSWERING"


def application(environ, start_response):
    answer = accord(environ, start_response)
    if MARK in environ:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
