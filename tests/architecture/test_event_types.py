"""What platforms may choose to hear of is what Accord sends."""

import re

from portal.core.event_types import EVENT_TYPES
from tests.architecture import sources

WRITTEN = re.compile(r'"(accord\.[a-z_.]+\.v\d+)"')
# What platforms send, in examples.
RECEIVED = "accord.governance."


def test_the_kinds_of_events_are_those_that_the_sources_write():
    written = {
        name
        for path in sources.files()
        if path.name != "event_types.py" and not {"demo", "api"} & set(path.parts)
        for name in WRITTEN.findall(path.read_text())
        if not name.startswith(RECEIVED)
    }

    assert len(written) > 10
    assert written == EVENT_TYPES.keys()
