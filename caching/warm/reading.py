"""Reads of a tenant's data by the application's own read path, each at most so often and from a replica only when that
has all that was committed before."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from caching.library.tiers import Tiers
from caching.warm.statements import STATES
from caching.workload.application import RETRY_SECONDS, Application
from shards.placement.router import Router

NOW = b"SELECT pg_current_wal_lsn()::text AS lsn"
Result = TypeVar("Result")
HAS_IT = b"SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::pg_lsn AS fresh"


@dataclass
class Beat:
    """At most `per_second` reads of the database; `rest` waits for the next one's turn."""

    per_second: float
    rest: Callable[[float], None] = time.sleep
    loaded: int = 0
    on_primary: int = 0
    _next: float = field(default_factory=time.monotonic)

    def take(self) -> None:
        now = time.monotonic()
        if self._next > now:
            self.rest(self._next - now)
        self._next = max(self._next, now) + 1 / self.per_second
        self.loaded += 1


class Warming(Application):
    """An entry's generations are read before its loader runs. Whatever was committed before them lies before the
    place in the primary's log that is asked for now: a replica that has come so far gives no value hidden already."""

    def __init__(self, router: Router, tiers: Tiers, beat: Beat) -> None:
        super().__init__(router, tiers)
        self.beat = beat

    def _all(self, tenant: str, statement: bytes, values: dict[str, Any]) -> list[dict[str, Any]]:
        return self._fresh(tenant, lambda cursor: cursor.execute(statement, values).fetchall())

    def _one(
        self, tenant: str, statement: bytes, values: dict[str, Any], replica: bool = True
    ) -> dict[str, Any] | None:
        return self._fresh(tenant, lambda cursor: cursor.execute(statement, values).fetchone(), replica)

    def _fresh(self, tenant: str, ask: Callable[[psycopg.Cursor[Any]], Result], replica: bool = True) -> Result:
        self.beat.take()

        def asked(connection: psycopg.Connection) -> Result:
            return ask(connection.cursor(row_factory=dict_row))

        if replica:
            position = self.router.run(tenant, position_of, readonly=True, primary=True, within=RETRY_SECONDS)
            has_it = self.router.run(
                tenant, lambda connection: if_fresh(connection, position, asked), readonly=True, within=RETRY_SECONDS
            )
            if has_it is not None:
                return has_it[0]
        self.beat.on_primary += 1
        return self.router.run(tenant, asked, readonly=True, primary=True, within=RETRY_SECONDS)

    def states(self, tenant: str) -> list[int]:
        """That a VM of the tenant is in."""
        return [row["state_id"] for row in super()._all(tenant, STATES, {})]

    def ids(self, tenant: str, statement: bytes, after: UUID | None) -> list[UUID]:
        """The next ids of a list, in their order."""
        values = {"after": after or UUID(int=0)}
        rows = super()._all(tenant, statement, values)
        return [row["id"] for row in rows]


def position_of(connection: psycopg.Connection) -> str:
    row = connection.cursor(row_factory=dict_row).execute(NOW).fetchone()
    return str(row["lsn"]) if row else ""


def if_fresh(
    connection: psycopg.Connection, position: str, ask: Callable[[psycopg.Connection], Result]
) -> tuple[Result] | None:
    """The answer, or None where the server lacks something that the primary had."""
    row = connection.cursor(row_factory=dict_row).execute(HAS_IT, (position,)).fetchone()
    return (ask(connection),) if row and row["fresh"] else None
