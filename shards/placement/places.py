"""A tenant's place as the router sees it, and where places come from. Knows nothing of the console."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

WRITABLE = frozenset({"active", "draining"})
READABLE = WRITABLE | {"readonly"}


@dataclass(frozen=True, slots=True)
class Place:
    """`schema_name` is empty for tenants in the shared tables."""

    tenant_id: str
    shard: str
    epoch: int
    schema_name: str = ""
    shard_state: str = "active"


class Road(StrEnum):
    """Which of a shard's servers are asked."""

    PRIMARY = "primary"
    REPLICA = "replica"


@dataclass(frozen=True, slots=True)
class PoolAddress:
    """A shard's pool: libpq parameters of its `primary` and its `replica` database."""

    primary: Mapping[str, str]
    replica: Mapping[str, str]

    def by(self, road: Road) -> Mapping[str, str]:
        return self.replica if road is Road.REPLICA else self.primary


# Asks the control database (or whatever keeps placement) for a tenant; None when it is placed nowhere.
PlaceSource: TypeAlias = Callable[[str], Place | None]
AsyncPlaceSource: TypeAlias = Callable[[str], Awaitable[Place | None]]
