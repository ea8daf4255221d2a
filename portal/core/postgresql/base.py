"""Django's PostgreSQL backend, without a question to the server before each request's first."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Say whether a kept connection is there still, which every request wants to know.

        A server that goes away says so, or its system does for it: where nothing has come in on
        an idle connection, nobody closed it. Otherwise the server is asked, as Django always does.
        """
        if self.connection is not None and not self.connection.closed:
            waiting = select.poll()
            waiting.register(self.connection.fileno(), select.POLLIN)
            if not waiting.poll(0):
                return True
        usable: bool = super().is_usable()
        return usable
