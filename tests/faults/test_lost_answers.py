"""A process that dies after the commit and before the answer: the retry learns what happened."""

import json
from uuid import uuid4

import pytest

from tests.faults.site import wait_until
from tests.faults.traffic import events, stored
from tests.sizes import size

TRIALS = size(every_run=4, release=40)


@pytest.fixture
def dying(site):
    site.stop_web()
    site.start_web("tests.faults.dying:application")
    yield site
    site.stop_web()
    site.start_web()


def test_the_retry_gets_the_answer_that_was_lost(dying):
    for _ in range(TRIALS):
        sent, key = events(3), str(uuid4())
        client = dying.client()

        assert client.send(sent, idempotency_key=key, x_die_before_answering="yes") is None
        assert stored(dying, [event["id"] for event in sent]) == {e["id"]: 1 for e in sent}
        dying.have_replaced(None)
        client.close()
        client = dying.client()
        answers = [answer_of(client, sent, key) for _ in range(2)]
        client.close()

        assert answers[0] == answers[1]
        # Judged anew they would be duplicates.
        assert verdicts(answers[0]) == ["ACCEPTED"] * 3
        assert stored(dying, [event["id"] for event in sent]) == {e["id"]: 1 for e in sent}


def answer_of(client, sent, key):
    """Send until there is an answer: a connection may have gone down with the process."""
    found = []

    def is_answered():
        answer = client.send(sent, idempotency_key=key)
        found.append(answer)
        return answer is not None

    wait_until(is_answered, "No retry is answered.")
    status, headers, body = found[-1]
    assert status == 200, body
    assert headers["Idempotency-Replayed"] == "true"
    return body


def verdicts(body):
    return [verdict["verdict"] for verdict in json.loads(body)["verdicts"]]
