"""What applications use to reach a tenant's data: the right shard, the right rows, and another try when it moved.

Safe under transaction pooling: whatever a transaction needs is set with SET LOCAL and gone with it, nothing is
prepared, and no connection is kept between transactions."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg import errors, sql
from psycopg_pool import ConnectionPool

from shards.placement.place_cache import PlaceCache
from shards.placement.places import READABLE, WRITABLE, Place, PlaceSource, PoolAddress
from shards.placement.problems import NotPlaced, ShardClosed

Result = TypeVar("Result")
Work = Callable[[psycopg.Connection], Result]

# What passes by itself: a failover, a restarted pool, a conflict, and a place that is no longer the tenant's.
RETRYABLE = (
    errors.OperationalError,
    errors.InterfaceError,
    errors.ReadOnlySqlTransaction,
    errors.SerializationFailure,
    errors.DeadlockDetected,
)
MOVED = "NV001"


class Router:
    """Connections to all shards of a fleet; for any number of threads. `close` when done."""

    def __init__(
        self,
        source: PlaceSource,
        pools: Mapping[str, PoolAddress],
        connections: int = 4,
        wait_seconds: float = 3.0,
        statement_seconds: float = 5.0,
        remember_seconds: float = 30.0,
    ) -> None:
        self._places = PlaceCache(source, remember_seconds)
        self._addresses = pools
        self._connections, self._wait, self._statement = connections, wait_seconds, statement_seconds
        self._pools: dict[tuple[str, str], ConnectionPool] = {
            (shard, road): self._pool(parameters, f"{shard} {road}")
            for shard, address in pools.items()
            for road, parameters in (("primary", address.primary), ("replica", address.replica))
        }

    def place(self, tenant_id: str) -> Place:
        """Where the tenant is, as far as is remembered."""
        found = self._places.get(tenant_id)
        if found is None:
            raise NotPlaced(f"The tenant {tenant_id!r} is placed on no shard.")
        return found

    def forget(self, tenant_id: str) -> None:
        """Ask again where the tenant is, next time."""
        self._places.forget(tenant_id)

    @contextmanager
    def transaction(self, tenant_id: str, readonly: bool = False) -> Iterator[psycopg.Connection]:
        """One transaction that sees this tenant's rows only; `readonly` ones go to a replica."""
        place = self.place(tenant_id)
        _refuse_closed(place, readonly)
        pool = self._pools[place.shard, "replica" if readonly else "primary"]
        with pool.connection(timeout=self._wait) as connection, connection.transaction():
            self._enter(connection, place)
            yield connection

    def run(self, tenant_id: str, work: Work[Result], readonly: bool = False, within: float = 30.0) -> Result:
        """`work` in a transaction, again after errors that pass, for `within` seconds. A try whose commit was cut off
        may have happened: `work` must be safe to repeat."""
        deadline, pause = time.monotonic() + within, 0.05
        while True:
            try:
                with self.transaction(tenant_id, readonly) as connection:
                    return work(connection)
            except psycopg.Error as error:
                if not _passes(error) or time.monotonic() + pause > deadline:
                    raise
                self.forget(tenant_id)
            time.sleep(pause * (0.5 + random.random()))  # noqa: S311 (only spreads the tries)
            pause = min(pause * 2, 2.0)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close(timeout=0)  # idle threads need not be waited for

    def _enter(self, connection: psycopg.Connection, place: Place) -> None:
        """One round trip. The tenant's schema comes first, then the tables that all share."""
        path = sql.SQL(", ").join([sql.Identifier(name) for name in (place.schema_name, "public") if name])
        connection.execute(
            "SELECT set_config('novaops.tenant_id', %s, true), set_config('novaops.epoch', %s, true),"
            " set_config('search_path', %s, true), set_config('statement_timeout', %s, true)",
            (place.tenant_id, str(place.epoch), path.as_string(connection), f"{self._statement}s"),
        )

    def _pool(self, parameters: Mapping[str, str], name: str) -> ConnectionPool:
        return ConnectionPool(
            kwargs={"connect_timeout": 3, "prepare_threshold": None, "application_name": "novacron", **parameters},
            min_size=0,
            max_size=self._connections,
            max_idle=60,
            timeout=self._wait,
            reconnect_timeout=5,
            num_workers=1,
            name=name,
            open=True,
        )


def _refuse_closed(place: Place, readonly: bool) -> None:
    if place.shard_state not in (READABLE if readonly else WRITABLE):
        what = "read" if readonly else "written"
        raise ShardClosed(f"{place.shard} is {place.shard_state}, so {place.tenant_id} cannot be {what} now.")


def _passes(error: psycopg.Error) -> bool:
    if isinstance(error, errors.QueryCanceled):  # its own time limit; trying again would only add load
        return False
    return isinstance(error, RETRYABLE) or error.sqlstate == MOVED
