"""What becomes of everything that is held about a person when they ask to be erased.

Every class of data says in its app's `retention.py` what goes at once and why the rest stays.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Count, Max

from identity.models import Account, User
from portal.core.data_classes import DataClass, registry
from portal.core.models import Hold
from portal.core.purge_rows import Rows


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one class of data about one account."""

    name: str
    goes: int
    held: int
    """Would go, but a hold keeps them."""
    stays: int
    because: str
    rule: str
    until: datetime | None
    """When the last of those that stay has outlived its window; null: not known yet."""

    @property
    def kept(self) -> int:
        return self.held + self.stays


@dataclass(frozen=True, slots=True)
class AccountPlan:
    account: Account
    lines: tuple[Line, ...]
    holds: tuple[Hold, ...]
    """What keeps something that would go otherwise."""
    is_held: bool
    """The account itself is: its name and its person stay."""

    @property
    def mark(self) -> str:
        """Return a digest of what would go, to tell whether it is still what was shown."""
        goes = [(line.name, line.goes, line.held) for line in self.lines if line.goes or line.held]
        return _digest((str(self.account.pk), self.is_held, goes))


@dataclass(frozen=True, slots=True)
class Plan:
    accounts: tuple[AccountPlan, ...]

    @property
    def keeps_sign_in(self) -> bool:
        """Say whether the person goes on signing in: somebody has to see the end of a hold."""
        return any(each.is_held for each in self.accounts)

    @property
    def mark(self) -> str:
        return _digest([each.mark for each in self.accounts])


def get_plan(*, user: User, at: datetime) -> Plan:
    """Say what would go and what would stay if the person were erased at `at`."""
    accounts = Account.objects.filter(user=user).select_related("platform").order_by("pk")
    return Plan(tuple(get_account_plan(account=account, at=at) for account in accounts))


def get_account_plan(*, account: Account, at: datetime) -> AccountPlan:
    days = registry.days()
    lines = tuple(
        line
        for data_class in registry.classes.values()
        # What becomes of the account itself is said by itself.
        if data_class.engine is not _accounts()
        and (line := _line(data_class, account, days[data_class.name], at))
    )
    held = any(line.held for line in lines)
    holds = tuple(_list_holds(account, at)) if held or is_held(account) else ()
    return AccountPlan(account, lines, holds, is_held(account))


def is_held(account: Account) -> bool:
    """Say whether a hold covers the account itself."""
    return (
        _accounts()
        .rows_about([account.pk])[0]
        .filter(_accounts().reach.covered(Account, Hold.objects.standing()))
        .exists()
    )


def list_leaving() -> Iterator[tuple[DataClass, Rows]]:
    """Return the classes of which something goes."""
    for data_class in registry.classes.values():
        if data_class.on_erasure.goes is not None and isinstance(data_class.engine, Rows):
            yield data_class, data_class.engine


def _digest(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]


def _accounts() -> Rows:
    engine = registry.classes["accounts"].engine
    assert isinstance(engine, Rows)
    return engine


def _line(data_class: DataClass, account: Account, days: int, at: datetime) -> Line | None:
    total, ended, last = 0, 0, None
    for rows in data_class.engine.rows_about([account.pk]):
        found = rows.aggregate(rows=Count("*"), ended=Count("window_from"), last=Max("window_from"))
        total, ended = total + found["rows"], ended + found["ended"]
        last = max(filter(None, (last, found["last"])), default=None)
    if not total:
        return None
    goes = would_go = 0
    if data_class.on_erasure.goes is not None and isinstance(data_class.engine, Rows):
        condition = data_class.on_erasure.goes(at)
        (rows,) = data_class.engine.rows_about([account.pk])
        would_go = rows.filter(condition).count()
        goes = data_class.engine.list_erasable([account.pk], goes=condition).count()
    return Line(
        name=data_class.on_erasure.called or data_class.name,
        goes=goes,
        held=would_go - goes,
        stays=total - would_go,
        because=data_class.on_erasure.because,
        rule=f"{days} days after {data_class.starts}",
        until=last + timedelta(days=days) if last and ended == total else None,
    )


def _list_holds(account: Account, at: datetime) -> Iterator[Hold]:
    holds = Hold.objects.standing().filter(platform=account.platform_id).order_by("number")
    engines = [(engine, data_class) for data_class, engine in list_leaving()]
    for hold in holds:
        if _covers(hold, _accounts(), account) or any(
            _covers(hold, engine, account) for engine, _ in engines
        ):
            yield hold


def _covers(hold: Hold, engine: Rows, account: Account) -> bool:
    (rows,) = engine.rows_about([account.pk])
    return rows.filter(engine.reach.covered_by(apps.get_model(engine.model), hold)).exists()
