"""Clients that send without a pause, send again what got no answer, and note what they were told.

What they send is theirs alone, so that each event is in the log once or they were lied to.
"""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

BATCH = 10
CLIENTS = 4
PAUSE = 0.02


def events(count=BATCH, *, group="g-1"):
    at = datetime.now(UTC) - timedelta(minutes=10)
    return [
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": "relay/eu-1",
            "type": "accord.governance.content.removed.v1",
            "subject": group,
            "time": (at + timedelta(milliseconds=number)).isoformat(),
            "data": {"actor": "p-1", "subject": f"p-{number % 7}", "reason": "Spam"},
        }
        for number in range(count)
    ]


class Traffic:
    def __init__(self, site):
        self.site = site
        self.acknowledged = []
        # Answers that are neither 200 nor a proper 503.
        self.improper = []
        self.unavailable = self.unanswered = 0
        self._counts = [0] * CLIENTS
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(CLIENTS)
        ]

    def flows(self):
        """Return what says whether every client was acknowledged something since now."""
        before = list(self._counts)
        return lambda: all(now > then for now, then in zip(self._counts, before, strict=True))

    def start(self):
        for thread in self._threads:
            thread.start()

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number):
        client = self.site.client()
        waiting = events(group=f"g-{number}")
        while not self._ended.is_set():
            answer = client.send(waiting)
            if answer is not None and answer[0] == 200:
                with self._lock:
                    self._note(json.loads(answer[2]), waiting)
                self._counts[number] += 1
                waiting = events(group=f"g-{number}")
                continue
            with self._lock:
                self._note_failure(answer)
            time.sleep(PAUSE)
        client.close()

    def _note(self, answer, sent):
        told = [verdict["verdict"] for verdict in answer["verdicts"]]
        # What was sent again may be there already: then it is a duplicate, and there.
        if len(told) != len(sent) or set(told) - {"ACCEPTED", "DUPLICATE"}:
            self.improper.append(answer)
        self.acknowledged += [event["id"] for event in sent]

    def _note_failure(self, answer):
        if answer is None:
            self.unanswered += 1
        elif is_proper_503(*answer):
            self.unavailable += 1
        else:
            self.improper.append((answer[0], answer[2][:500]))


def is_proper_503(status, headers, body):
    """Say whether it is RFC 9457 and says when to come back."""
    if status != 503 or headers["Content-Type"] != "application/problem+json":
        return False
    problem = json.loads(body)
    return (
        problem["status"] == 503
        and {"type", "title", "detail"} <= problem.keys()
        and int(headers["Retry-After"]) > 0
    )


@contextmanager
def traffic(site):
    running = Traffic(site)
    running.start()
    try:
        yield running
    finally:
        running.end()


def stored(site, ids):
    """Return how often each of the events is in the log."""
    with site.connect() as database:
        found = database.execute(
            "SELECT event_id, count(*) FROM groups_logentry WHERE event_id = ANY(%s)"
            " GROUP BY event_id",
            [ids],
        )
        return dict(found.fetchall())
