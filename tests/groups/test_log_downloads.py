"""A file of the log is streamed: its memory does not grow with the log."""

import tracemalloc

import pytest

from groups import log_downloads
from groups.queries.log_pages import Wanted
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory
from tests.factories.log import make_days, write_many
from tests.sizes import size

MIB = 1024 * 1024


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_file_of_any_length_takes_little_memory(platform, form):
    count = size(every_run=12_000, release=200_000)
    make_days()
    group = GroupFactory(platform=platform)
    write_many(group, count, subject=AccountFactory(platform=platform), minutes=60 * 48)
    answer = log_downloads.send(
        wanted=Wanted(platform_ids=frozenset([platform.pk])),
        form=form,
        filters={},
        by=Actor.system("tests"),
        at=AT,
    )

    lines = sent = 0
    tracemalloc.start()
    for part in answer.streaming_content:
        sent += len(part)
        lines += part.count(b"\n")
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines == count + (2 if form == "csv" else 1)
    assert highest < 12 * MIB
    # The same, held as one piece, would not fit.
    assert sent > 100 * count


def test_a_file_is_named_after_the_day_and_the_filters(platform):
    answer = log_downloads.send(
        wanted=Wanted(platform_ids=frozenset([platform.pk])),
        form="csv",
        filters={"group": 'g/"1"\r\nX: y', "kind": "", "since": AT, "account": "é" * 99},
        by=Actor.system("tests"),
        at=AT,
    )

    assert answer["Content-Disposition"] == (
        'attachment; filename="log_2026-11-02_group-g-1-X-y_since-2026-11-02T1200_account--.csv"'
    )
