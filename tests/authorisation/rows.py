"""How the matrix is written: a row is one route and method, with a cell for everybody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.authorisation.people import CLIENTS, STAFF, Who


class Cell(StrEnum):
    ALLOW = "the page, or what was asked for"
    DENY = "a refusal that says so"
    HIDDEN = "the same as for a missing record"
    SIGN_IN = "the way to sign in"


ALLOW, DENY, HIDDEN, SIGN_IN = Cell.ALLOW, Cell.DENY, Cell.HIDDEN, Cell.SIGN_IN

GROUP_PEOPLE = {Who.MEMBER, Who.OWNER, Who.MANAGER, Who.OTHER_OWNER}
ALL_CLIENTS = {*CLIENTS, Who.FOREIGN_CLIENT}
# Staff of this platform who proved their second factor.
ALL_STAFF = set(STAFF)
SIGNED_IN = GROUP_PEOPLE | ALL_STAFF | {Who.FOREIGN_STAFF, Who.WITHOUT_FACTOR}

# Before any page or endpoint asks more closely.
EVERYBODY = dict.fromkeys(Who, ALLOW)
NOBODY_FINDS_IT = dict.fromkeys(Who, HIDDEN)
WHOEVER_SIGNED_IN = {who: ALLOW if who in SIGNED_IN else SIGN_IN for who in Who}
ADMIN_DOOR = {
    who: DENY if who in GROUP_PEOPLE | ALL_STAFF | {Who.FOREIGN_STAFF} else SIGN_IN for who in Who
}
API_DOOR = {who: DENY if who in ALL_CLIENTS else SIGN_IN for who in Who}


def opened(*allowed: Who | set[Who], foreign: Cell = DENY) -> dict[Who, Cell]:
    """The admin's door with `allowed` inside; `foreign` is what staff from elsewhere meet."""
    return ADMIN_DOOR | {Who.FOREIGN_STAFF: foreign} | _allowed(allowed)


def granted(*allowed: Who | set[Who], foreign: Cell = DENY) -> dict[Who, Cell]:
    """The API's door with `allowed` inside; `foreign` is what a client from elsewhere meets."""
    return API_DOOR | {Who.FOREIGN_CLIENT: foreign} | _allowed(allowed)


def shown(*allowed: Who | set[Who]) -> dict[Who, Cell]:
    """A record on the dashboard: hidden from all who signed in but `allowed`."""
    hidden = {who: HIDDEN if who in SIGNED_IN else SIGN_IN for who in Who}
    return hidden | _allowed(allowed)


def _allowed(people: tuple[Who | set[Who], ...]) -> dict[Who, Cell]:
    found: dict[Who, Cell] = {}
    for who in people:
        found |= dict.fromkeys(who if isinstance(who, set) else {who}, ALLOW)
    return found


Maker = Callable[[Any, Who], Any]


@dataclass(frozen=True)
class Row:
    """`params` fill the route's path, `data` is what is sent, `before` makes it possible.

    All three take the world, and the last two also who is asking. With `changes` an allowed
    request has to write something; a set names for whom.
    """

    method: str
    route: str
    cells: Mapping[Who, Cell]
    params: Callable[[Any], Mapping[str, Any]] = lambda world: {}
    path: Callable[[Any], str] | None = None
    data: Maker | None = None
    before: Maker | None = None
    json: bool = False
    changes: bool | set[Who] = False
    # What a hidden record answers with; a field that names one answers 422.
    hidden: int = 404
    # A refusal by the state of the record instead of the role answers 409.
    denied: int = 403
    note: str = ""
    # Told apart from other rows of the same route and method.
    of: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        assert set(self.cells) == set(Who), self.route

    def __str__(self) -> str:
        return f"{self.method} {self.route}{f' ({self.of})' if self.of else ''}"


def get(route: str, cells: Mapping[Who, Cell], **options: Any) -> Row:
    return Row("GET", route, cells, **options)


def post(route: str, cells: Mapping[Who, Cell], **options: Any) -> Row:
    return Row("POST", route, cells, changes=options.pop("changes", True), **options)
