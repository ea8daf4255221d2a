"""Which personal data Accord keeps, from when, for how long, and how a hold reaches it.

Every app declares its classes in its `retention.py`; a model with personal data that no class
covers fails the tests. The engine deletes what is older than its window and not held.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from portal.core.models import Hold, WindowChange

if TYPE_CHECKING:
    from portal.core.purging import Work


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would do to one class at one cut-off."""

    due: int
    """Rows older than the window that no hold covers: these go."""
    kept: int
    """Rows older than the window that stay, each once, however many holds cover it."""
    kept_by: Mapping[str, int]
    """How many of them each hold covers, by its reference; holds overlap."""
    details: Sequence[str] = ()
    """Units that go whole, such as partitions."""
    waiting: int = 0
    """Rows older than the window that no hold covers, but something that is not due rests on."""


@dataclass(frozen=True, slots=True)
class OnErasure:
    """What becomes of a person's rows of a class when the person asks to be erased.

    `goes(at)` tells which of them leave at once; without it none do. `because` says why the others
    stay until their window ends ("They stay, because …"), and `called` what they are, in the words
    of the person.
    """

    goes: Callable[[datetime], Q | Combinable] | None = None
    because: str = ""
    called: str = ""


GOES = OnErasure(goes=lambda at: Q())


class Engine(Protocol):
    """How rows of a class are found and deleted."""

    def plan(self, *, cutoff: datetime) -> Plan: ...

    def rows_about(self, accounts: Collection[UUID]) -> Sequence[QuerySet[Any]]:
        """Return the rows about these accounts, each with `window_from`: null if not begun."""
        ...

    def purge(self, *, work: "Work") -> None: ...


@dataclass(frozen=True, slots=True)
class Window:
    """For how many days a kind of data is kept, and between which that has to lie."""

    days: int
    _: KW_ONLY
    floor: int
    ceiling: int

    @property
    def is_fixed(self) -> bool:
        return self.floor == self.ceiling

    def within(self, days: int) -> int:
        """Return `days`, or the nearest that floor and ceiling allow."""
        return min(max(days, self.floor), self.ceiling)


TWO_YEARS = Window(730, floor=365, ceiling=3650)


@dataclass(frozen=True, slots=True)
class DataClass:
    """One kind of personal data. `starts` completes "kept for N days after …".

    `window` is how it ships; two people may have agreed on another number of days since.
    `waits_for` completes "older than the window, but …" where that alone makes nothing due.
    """

    name: str
    models: tuple[str, ...]
    starts: str
    window: Window
    engine: Engine
    on_erasure: OnErasure
    waits_for: str = ""

    def days(self) -> int:
        """Return for how many days it is kept: as two people last approved, or as it ships.

        Asks the database each time, one probe of an index: a purge must never go by a window that
        was made longer in another process, and an event at the edge of the log deserves the same
        answer from every process. A floor or ceiling that the code moved since comes first.
        """
        with connection.cursor() as cursor:
            # In SQL: each batch of events asks, and the ORM takes ten times as long to say it.
            cursor.execute(
                "SELECT days FROM core_windowchange"
                " WHERE data_class = %s AND approved_at IS NOT NULL"
                " ORDER BY approved_at DESC, id DESC LIMIT 1",
                [self.name],
            )
            approved = cursor.fetchone()
        return self.window.within(approved[0] if approved else self.window.days)

    def cutoff(self, at: datetime) -> datetime:
        """Return since when it is kept by the window in force."""
        return at - timedelta(days=self.days())


@dataclass(frozen=True, slots=True)
class Reach:
    """The paths from a model to what a hold may cover, by scope; several paths reach together."""

    platform: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    case: tuple[str, ...] = ()
    # For rows that name no case: a path to what cases name by a field, as (path, model, field).
    case_by: tuple[tuple[str, str, str], ...] = ()
    # The paths hold an id as text (audit rows name any record).
    as_text: bool = False

    def paths(self) -> Iterator[tuple[str, str]]:
        for scope, paths in (
            (Hold.Scope.PLATFORM, self.platform),
            (Hold.Scope.ACCOUNT, self.account),
            (Hold.Scope.GROUP, self.group),
            (Hold.Scope.CASE, self.case),
        ):
            for path in paths:
                yield scope, path

    def about(self, accounts: Collection[UUID]) -> Q:
        """Build the condition that a row is about one of these accounts."""
        ids = [str(id) for id in accounts] if self.as_text else list(accounts)
        condition = Q(pk__in=[])
        for path in self.account:
            condition |= Q(**{f"{path}__in": ids})
        return condition

    def covered_by(self, model: type[Model], hold: Hold) -> Q:
        """Build the condition that a row is covered by this one hold, by its own scope only."""
        others: Any = {scope.lower(): () for scope in Hold.Scope.values if scope != hold.scope}
        return replace(self, **others).covered(model, Hold.objects.filter(pk=hold.pk))

    def covered(self, model: type[Model], holds: QuerySet[Hold]) -> Q:
        """Build the condition that a row is covered by one of `holds`."""
        condition = Q(pk__in=[])
        for scope, path in self.paths():
            ids: Any = holds.filter(scope=scope).values("scope_id")
            if self.as_text and scope != Hold.Scope.PLATFORM:
                ids = holds.filter(scope=scope).values(text=Cast("scope_id", CharField()))
            rows = model._default_manager.filter(**{f"{path}__in": ids})
            condition |= Q(pk__in=rows.values("pk"))
        for path, label, name in self.case_by:
            ids = holds.filter(scope=Hold.Scope.CASE).values("scope_id")
            cases = apps.get_model(label)._default_manager.filter(pk__in=ids)
            condition |= Q(**{f"{path}__in": cases.values(name)})
        return condition


@dataclass
class Registry:
    classes: dict[str, DataClass] = field(default_factory=dict)
    # Model label to why it needs no window of its own.
    exempt: dict[str, str] = field(default_factory=dict)
    # Model label to what leaves with its rows: a model label and its lookup that ends in `__in`.
    followers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    # Model label to what names its rows without a foreign key: a model label and its column.
    naming: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    # Label of a model of copies that a hold made, to its foreign key to the hold and its moment.
    copies: dict[str, tuple[str, str]] = field(default_factory=dict)

    def register(self, data_class: DataClass) -> None:
        window = data_class.window
        if not window.floor <= window.days <= window.ceiling:
            raise ImproperlyConfigured(
                f"The window of {data_class.name} is {window.days} days; it must lie "
                f"between {window.floor} and {window.ceiling}."
            )
        self.classes[data_class.name] = data_class

    def days(self) -> dict[str, int]:
        """Return for how many days each class is kept at present, in one query."""
        changed = dict(WindowChange.objects.in_force().values_list("data_class", "days"))
        return {
            name: known.window.within(changed.get(name, known.window.days))
            for name, known in self.classes.items()
        }

    def exempts(self, **reasons: str) -> None:
        """Declare models without a window: `app__Model="why"`."""
        self.exempt |= {label.replace("__", "."): why for label, why in reasons.items()}

    def leaves_with(self, model: str, follower: str, lookup: str) -> None:
        """Declare a model above whose rows go with those of `model`, and keep none of them."""
        self.followers.setdefault(model, []).append((follower, lookup))

    def is_named_by(self, model: str, label: str, *columns: str) -> None:
        """Declare columns of a model above that hold ids of `model` without a foreign key."""
        self.naming.setdefault(model, []).extend((label, column) for column in columns)

    def copied_for_holds(self, model: str, *, hold: str, moment: str) -> None:
        """Declare rows that are there for the sake of one hold and leave when it is released."""
        self.copies[model] = (hold, moment)

    def model_labels(self) -> set[str]:
        ours = {label for known in self.classes.values() for label in known.models}
        return ours | {label for found in self.followers.values() for label, _ in found}


registry = Registry()

Due = Callable[[datetime], Q | Combinable]
