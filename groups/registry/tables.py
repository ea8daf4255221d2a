"""The columns of each table, what may stand in them, and what is known already.

The library reads cells and tells new rows from changed ones. It writes nothing: actions do.
"""

import copy
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import fields, instance_loaders, resources, widgets

from groups import events
from groups.models import Group, Tenure
from groups.models.tenures import Role
from groups.registry.rows import AccountRow, GroupRow, RoleRow, Row
from identity.models import Account
from portal.core.models import Platform

ROLE_NAMES = {"owner": "owner", "co-owner": "owner", "manager": "manager"}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")


class Text(widgets.Widget):  # type: ignore[misc]
    """Text of at most so many characters, on one line."""

    def __init__(self, *, most: int) -> None:
        super().__init__()
        self._most = most

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = str(value).strip()
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise ValueError("has a line break or another character that cannot be shown")
        if len(text) > self._most:
            raise ValueError(f"is longer than {self._most} characters; it has {len(text)}")
        return text


class Count(widgets.Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        text = str(value).strip()
        if not (text.isascii() and text.isdigit()) or int(text[:12]) > events.LARGEST_SIZE:
            raise ValueError("is no whole number of members, such as 1200")
        return int(text)


class Language(widgets.Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = str(value).strip().lower()
        if not LANGUAGE.fullmatch(text) or len(text) > 8:
            raise ValueError("is no language code, such as en or pt-br (BCP 47)")
        return text


class RoleName(widgets.Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        role = ROLE_NAMES.get(str(value).strip().lower())
        if role is None:
            raise ValueError("is neither owner nor manager")
        return role


class Instant(widgets.Widget):  # type: ignore[misc]
    """A moment that has passed (ISO 8601); without a zone it is UTC."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime:
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValueError("is no moment, such as 2025-03-31T14:00Z or 2025-03-31") from error
        moment = events.in_utc(found if found.tzinfo else found.replace(tzinfo=UTC))
        if moment is None:
            raise ValueError("lies outside the calendar")
        return moment

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat().replace("+00:00", "Z") if value else ""


def column(name: str, widget: widgets.Widget) -> fields.Field:
    return fields.Field(attribute=name, column_name=name, widget=widget)


class Table(resources.Resource):  # type: ignore[misc]
    """One table of one platform, read or written at `at`."""

    needed: ClassVar[Sequence[str]] = ()
    blank: type[Row]

    class Meta:
        import_id_fields = ()
        instance_loader_class = instance_loaders.BaseInstanceLoader
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True
        store_instance = True
        # Only so that it opens no savepoint for each row; it saves nothing either way.
        use_bulk = True

    def __init__(self, *, platform: Platform, at: datetime) -> None:
        super().__init__()
        self.platform, self.at = platform, at
        self._seen: dict[tuple[str, ...], int] = {}

    @property
    def columns(self) -> list[str]:
        return [str(field.column_name) for field in self.get_import_fields()]

    def rows(self) -> Iterator[Row]:
        """Return what is known of the platform, in order."""
        raise NotImplementedError

    def find(self, row: dict[str, str]) -> Row | None:
        """Return what is known of what the row is about."""
        raise NotImplementedError

    def refuse(self, row: Any, known: Row | None) -> str:
        """Say why the row cannot be taken though each cell can."""
        return ""

    def get_or_init_instance(self, loader: Any, row: dict[str, str]) -> tuple[Row, bool]:
        known = self.find(row)
        self._known = known
        return (copy.copy(known), False) if known else (self.blank(), True)

    def import_field(self, field: Any, instance: Row, row: dict[str, str], **kwargs: Any) -> None:
        # An empty cell, like a column that is not there, says nothing.
        if row.get(field.column_name, "").strip():
            super().import_field(field, instance, row, **kwargs)
        elif field.column_name in self.needed:
            raise ValueError("is empty")

    def import_instance(self, instance: Any, row: dict[str, str], **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        number = int(row["#"])
        if (earlier := self._seen.setdefault(instance.key, number)) != number:
            raise ValidationError(f"Row {earlier} is about the same. Keep one of them.")
        if problem := self.refuse(instance, self._known):
            raise ValidationError(problem)

    def save_instance(self, instance: Row, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Write nothing: what is new and changed goes through an action."""


class Groups(Table):
    needed = ("group",)
    blank = GroupRow

    group = column("group", Text(most=events.ID_LENGTH))
    name = column("name", Text(most=events.NAME_LENGTH))
    members = column("members", Count())
    language = column("language", Language())

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        known = _groups(self.platform).filter(external_id__in=_cells(dataset, "group"))
        self._groups = {row.group: row for row in map(_group_row, known)}

    def find(self, row: dict[str, str]) -> Row | None:
        return self._groups.get(row.get("group", "").strip())

    def rows(self) -> Iterator[Row]:
        found = _groups(self.platform).order_by("external_id")
        return (_group_row(group) for group in found.iterator(chunk_size=2000))


class Accounts(Table):
    needed = ("account", "name")
    blank = AccountRow

    account = column("account", Text(most=events.ID_LENGTH))
    name = column("name", Text(most=120))

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        known = Account.objects.filter(
            platform=self.platform, external_id__in=_cells(dataset, "account")
        )
        self._accounts, self._erased = {}, set()
        for account in known:
            self._accounts[account.external_id] = _account_row(account)
            if account.erased_at:
                self._erased.add(account.external_id)

    def find(self, row: dict[str, str]) -> Row | None:
        return self._accounts.get(row.get("account", "").strip())

    def refuse(self, row: AccountRow, known: Row | None) -> str:
        if row.account in self._erased:
            return "The person asked to be erased; the account gets no name again. Leave it out."
        return ""

    def rows(self) -> Iterator[Row]:
        found = Account.objects.filter(platform=self.platform, erased_at=None)
        found = found.exclude(display_name="").order_by("external_id")
        return (_account_row(account) for account in found.iterator(chunk_size=2000))


class Roles(Table):
    needed = ("group", "account", "role")
    blank = RoleRow

    group = column("group", Text(most=events.ID_LENGTH))
    account = column("account", Text(most=events.ID_LENGTH))
    role = column("role", RoleName())
    since = column("since", Instant())
    until = column("until", Instant())

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        groups, accounts = _cells(dataset, "group"), _cells(dataset, "account")
        known = Group.objects.filter(platform=self.platform, external_id__in=groups)
        self._groups = set(known.values_list("external_id", flat=True))
        people = Account.objects.filter(platform=self.platform, external_id__in=accounts)
        self._accounts = set(people.values_list("external_id", flat=True))
        held = _tenures(self.platform).filter(group__in=known, account__in=people)
        self._held = defaultdict(list)
        for row in _stints(held):
            self._held[row.group, row.account, row.role].append(row)

    def find(self, row: dict[str, str]) -> Row | None:
        """Return the role that began then, or, without a moment, the one that is held now."""
        role = ROLE_NAMES.get(row.get("role", "").strip().lower(), "")
        held = self._held.get((row.get("group", "").strip(), row.get("account", "").strip(), role))
        try:
            since = Instant().clean(row["since"]) if row.get("since", "").strip() else None
        except ValueError:
            return None
        for stint in held or ():
            if stint.since == since or (since is None and stint.until is None):
                return stint
        return None

    def refuse(self, row: RoleRow, known: Row | None) -> str:
        if row.group not in self._groups:
            return f"There is no group {row.group} here yet. Bring the groups first."
        if row.account not in self._accounts:
            return f"There is no account {row.account} here yet. Bring the accounts first."
        if row.since and row.since > self.at:
            return "“since” has not come yet. Bring the role when it has begun."
        if row.until and row.until > self.at:
            return "“until” has not come yet. Leave it empty; the role goes on."
        if row.until and row.since is None:
            return "“until” without “since”. Say since when it was held."
        if row.until and row.since and row.until <= row.since:
            return "“until” is not after “since”."
        was = known.until if isinstance(known, RoleRow) else None
        if was and row.until != was:
            return f"It ended on {was:%Y-%m-%d %H:%M} UTC already, and what has been stays."
        return ""

    def rows(self) -> Iterator[Row]:
        return _stints(_tenures(self.platform))


def _cells(dataset: Any, name: str) -> list[str]:
    return [cell.strip() for cell in dataset[name]] if name in dataset.headers else []


def _groups(platform: Platform) -> QuerySet[Group]:
    return Group.objects.filter(platform=platform)


def _group_row(group: Group) -> GroupRow:
    return GroupRow(group.external_id, group.name, group.size, group.language)


def _account_row(account: Account) -> AccountRow:
    return AccountRow(account.external_id, account.display_name)


def _tenures(platform: Platform) -> QuerySet[Tenure]:
    found = Tenure.objects.filter(platform=platform).select_related("group", "account")
    return found.order_by("group__external_id", "account__external_id", "period")


def _stints(tenures: QuerySet[Tenure]) -> Iterator[RoleRow]:
    """Join what the platform calls one role: who owns and who is owner beside another, Accord
    tells apart itself."""
    last: RoleRow | None = None
    for tenure in tenures.iterator(chunk_size=2000):
        role = "manager" if tenure.role == Role.MANAGER else "owner"
        group, account = tenure.group.external_id, tenure.account.external_id
        if last and (last.group, last.account, last.role, last.until) == (
            *(group, account, role),
            tenure.since,
        ):
            last.until = tenure.until
            continue
        if last:
            yield last
        last = RoleRow(group, account, role, tenure.since, tenure.until)
    if last:
        yield last


TABLES: dict[str, type[Table]] = {"GROUPS": Groups, "ACCOUNTS": Accounts, "ROLES": Roles}
