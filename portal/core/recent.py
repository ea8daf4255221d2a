"""What this process looked up a moment ago, for names that keep their meaning."""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from django.db import transaction

Known = TypeVar("Known")


class Recent(Generic[Known]):
    """Names of a platform and what they mean, for `seconds` to twice as long.

    With more than `most` names in the younger half, the older half is forgotten.
    What a transaction found is remembered when it commits: what it made may be rolled back.
    """

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._young: dict[UUID, dict[str, Known]] = {}
        self._old: dict[UUID, dict[str, Known]] = {}
        self._size = 0
        self._turned_at = clock()

    def find(
        self,
        platform_id: UUID,
        names: Iterable[str],
        look_up: Callable[[list[str]], Mapping[str, Known]],
    ) -> dict[str, Known]:
        """Return the known ones of these names, asking `look_up` for what is not remembered."""
        self._turn()
        found: dict[str, Known] = {}
        missing = []
        young, old = self._young.get(platform_id, {}), self._old.get(platform_id, {})
        for name in names:
            known = young.get(name) or old.get(name)
            if known is None:
                missing.append(name)
            else:
                found[name] = known
        if missing:
            new = look_up(missing)
            found |= new
            transaction.on_commit(partial(self._remember, platform_id, new))
        return found

    def _remember(self, platform_id: UUID, new: Mapping[str, Known]) -> None:
        self._young.setdefault(platform_id, {}).update(new)
        self._size += len(new)

    def _turn(self) -> None:
        now = self._clock()
        if now - self._turned_at > self._seconds or self._size > self._most:
            is_stale = now - self._turned_at > 2 * self._seconds
            self._old = {} if is_stale else self._young
            self._young, self._size, self._turned_at = {}, 0, now
