"""Who does something: the `by` of every action."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self
from uuid import UUID


class ActorKind(StrEnum):
    USER = "USER"
    CLIENT = "CLIENT"
    SYSTEM = "SYSTEM"


class HasId(Protocol):
    @property
    def pk(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, a partner's API client, or a named task of Accord itself."""

    kind: ActorKind
    id: UUID | None
    label: str

    @classmethod
    def user(cls, user: HasId) -> Self:
        return cls(ActorKind.USER, user.pk, f"user:{user.pk}")

    @classmethod
    def client(cls, client: HasId) -> Self:
        return cls(ActorKind.CLIENT, client.pk, f"client:{client.pk}")

    @classmethod
    def system(cls, task: str) -> Self:
        return cls(ActorKind.SYSTEM, None, f"system:{task}")

    @property
    def is_person(self) -> bool:
        return self.kind is ActorKind.USER
