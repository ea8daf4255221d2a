"""Pages of the governance log: walks over indexes find what a filter of all rows would."""

import random
from datetime import timedelta

import pytest

from groups.queries import log_pages
from groups.queries.log_pages import Wanted
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory
from tests.factories.log import make_days, write
from tests.sizes import size

KINDS = ["role.granted", "member.removed", "group.updated"]


@pytest.fixture(autouse=True)
def days(db):
    make_days(20)


@pytest.fixture
def few(monkeypatch):
    """Walks that give up early and stretches that stay short."""
    monkeypatch.setattr(log_pages, "MOST_LOOKED_AT", 3)
    monkeypatch.setattr(log_pages, "MOST_PARTITIONS", 16)


class Log:
    """Events of two platforms, many at the same instants, the rarer filters far apart."""

    def __init__(self, chance, count):
        self.platforms = PlatformFactory.create_batch(2)
        self.groups = [g for p in self.platforms for g in GroupFactory.create_batch(2, platform=p)]
        self.people = {p: AccountFactory.create_batch(3, platform=p) for p in self.platforms}
        self.rows = [self._write(chance) for _ in range(count)]

    def _write(self, chance):
        group = chance.choice(self.groups)
        nobody_too = [*self.people[group.platform], None]
        return write(
            group,
            hours=chance.choice([0, 1, 1, 1, 30, 30, 24 * 9, 24 * 19]),
            kind=chance.choices(KINDS, [6, 3, 1])[0],
            subject=chance.choice(nobody_too),
            actor=chance.choice(nobody_too),
        )

    def wanted(self, chance):
        platforms = chance.choice([self.platforms, self.platforms[:1]])
        groups = [g for g in self.groups if g.platform in platforms]
        people = [one for p in platforms for one in self.people[p]]
        since, until = sorted(AT - timedelta(hours=chance.choice([0, 1, 30, 300])) for _ in "ab")
        return Wanted(
            platform_ids=frozenset(p.pk for p in platforms),
            group_ids=chance.choice([None, (chance.choice(groups).pk,)]),
            account_ids=chance.choice([None, (chance.choice(people).pk,)]),
            kind=chance.choice([None, *KINDS]),
            since=chance.choice([None, since]),
            until=chance.choice([None, until]),
        )

    def expected(self, wanted):
        """The rows that fit, newest first, found without any index."""
        return sorted(
            (
                row.pk
                for row in self.rows
                if row.platform_id in wanted.platform_ids
                and (wanted.group_ids is None or row.group_id in wanted.group_ids)
                and (
                    wanted.account_ids is None
                    or {row.subject_id, row.actor_id} & {*wanted.account_ids}
                )
                and wanted.kind in (None, row.kind)
                and (wanted.since is None or row.occurred_at >= wanted.since)
                and (wanted.until is None or row.occurred_at < wanted.until)
            ),
            reverse=True,
        )


def page_through(wanted, page_size, cursor=None, way="next"):
    pages = []
    while True:
        page = log_pages.get_page(wanted=wanted, cursor=cursor, size=page_size, at=AT)
        pages.append([row.pk for row in page.rows])
        assert len(pages[-1]) <= page_size
        cursor = getattr(page, way)
        if cursor is None:
            return pages, page


def test_any_filter_pages_through_what_fits_forward_and_back(few):
    chance = random.Random(11)
    log = Log(chance, 80)
    sparse = 0
    for _ in range(size(every_run=12, release=600)):
        wanted, page_size = log.wanted(chance), chance.choice([2, 7, 20])
        expected = log.expected(wanted)

        forward, last = page_through(wanted, page_size)
        exported = [
            row.pk
            for rows, _ in log_pages.list_chunks(wanted=wanted, at=AT, size=page_size)
            for row in rows
        ]

        assert [pk for page in forward for pk in page] == expected, wanted
        assert exported == expected[::-1], wanted
        sparse += any(len(page) < page_size for page in forward[:-1])
        if last.previous:
            back, _ = page_through(wanted, page_size, last.previous, "previous")
            found = [pk for page in reversed(back) for pk in page]
            assert found == expected[: len(expected) - len(forward[-1])], wanted
    # Walks did give up on the way.
    assert sparse > 1


def test_a_page_that_gave_up_says_where_to_go_on_and_leads_back(few, platform):
    group, person = GroupFactory(platform=platform), AccountFactory(platform=platform)
    found = write(group, hours=100, subject=person, kind="member.removed")
    for hours in range(1, 9):
        write(group, hours=hours, subject=person)
        write(group, hours=hours, kind="member.removed")
    wanted = Wanted(
        platform_ids=frozenset([platform.pk]),
        group_ids=(group.pk,),
        account_ids=(person.pk,),
        kind="member.removed",
    )

    pages, last = page_through(wanted, 5)
    back, first = page_through(wanted, 5, last.previous, "previous")

    assert pages[0] == []
    assert pages[-1] == [found.pk]
    assert len(pages) > 2
    assert [pk for page in back for pk in page] == []
    assert first.previous is None


def test_what_lies_before_the_window_is_not_shown(platform, monkeypatch):
    group = GroupFactory(platform=platform)
    kept = write(group, hours=24 * 10)
    write(group, hours=24 * 12)
    monkeypatch.setattr(log_pages, "get_start", lambda at: at - timedelta(days=10, hours=6))
    wanted = Wanted(platform_ids=frozenset([platform.pk]))

    assert page_through(wanted, 5)[0] == [[kept.pk]]


def test_who_sees_no_platform_sees_no_event(platform):
    write(GroupFactory(platform=platform))

    for kind in (None, "role.granted"):
        assert page_through(Wanted(platform_ids=frozenset(), kind=kind), 5)[0] == [[]]
