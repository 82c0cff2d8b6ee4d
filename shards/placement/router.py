"""What applications use to reach a tenant's data: the right shard, the right rows, and another try when it moved.

Safe under transaction pooling: whatever a transaction needs is set with SET LOCAL and gone with it, nothing is
prepared, and no connection is kept between transactions."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from shards.placement import entering
from shards.placement.place_cache import PlaceCache
from shards.placement.places import Place, PlaceSource, PoolAddress, Road
from shards.placement.problems import NotPlaced
from shards.placement.tries import Surroundings, Tries

Result = TypeVar("Result")
Work = Callable[[psycopg.Connection], Result]


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
        self._source, self._places = source, PlaceCache(remember_seconds)
        self._connections, self._wait, self._statement = connections, wait_seconds, statement_seconds
        self._around = Surroundings(self._places, frozenset(pools))
        self._pools = {
            (shard, road): self._pool(address.by(road), f"{shard} {road}")
            for shard, address in pools.items()
            for road in Road
        }

    def place(self, tenant_id: str) -> Place:
        """Where the tenant is, as far as is remembered."""
        found = self._places.get(tenant_id)
        if found is None:
            with self._places.asking(tenant_id) as answer:
                answer.place = self._source(tenant_id)
            found = answer.place
        if found is None:
            raise NotPlaced(f"The tenant {tenant_id!r} is placed on no shard.")
        return found

    def forget(self, tenant_id: str) -> None:
        """Ask again where the tenant is, next time."""
        self._places.forget(tenant_id)

    def learn(self, tenant_id: str, shard: str, epoch: int) -> None:
        """The tenant is on this shard from this epoch on, as somebody told who knows."""
        self._places.learn(tenant_id, shard, epoch)

    @contextmanager
    def transaction(
        self, tenant_id: str, readonly: bool = False, max_lag_seconds: float | None = None, primary: bool = False
    ) -> Iterator[psycopg.Connection]:
        """One transaction that sees this tenant's rows only; `readonly` ones go to a replica, or to the primary when no
        replica answers, or it is more than `max_lag_seconds` behind, or the reader asks for the `primary`. What happens
        inside is not tried again."""
        tries = Tries(self._around, tenant_id, readonly, max_lag_seconds, primary, self._wait)
        with ExitStack() as stack:
            yield self._entered(stack, tries)

    def run(
        self,
        tenant_id: str,
        work: Work[Result],
        readonly: bool = False,
        within: float = 30.0,
        max_lag_seconds: float | None = None,
        primary: bool = False,
    ) -> Result:
        """`work` in a transaction, again after errors that pass, for `within` seconds. A try whose commit was cut off
        may have happened: `work` must be safe to repeat."""
        tries = Tries(self._around, tenant_id, readonly, max_lag_seconds, primary, within)
        while True:
            with tries.trying(), self._begun(tries) as connection:
                return work(connection)
            time.sleep(tries.pause)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close(timeout=0)  # idle threads need not be waited for

    def _entered(self, stack: ExitStack, tries: Tries) -> psycopg.Connection:
        while True:
            with tries.trying():
                return stack.enter_context(self._begun(tries))
            time.sleep(tries.pause)

    @contextmanager
    def _begun(self, tries: Tries) -> Iterator[psycopg.Connection]:
        place = self.place(tries.tenant_id)
        pool = self._pools[tries.at(place)]
        with pool.connection(timeout=self._wait) as connection, connection.transaction():
            entered = connection.execute(
                entering.statement(tries.readonly), entering.values(place, tries.readonly, self._statement)
            ).fetchone()
            entering.refuse_old(entered, tries.max_lag_seconds)
            yield connection

    def _pool(self, parameters: Mapping[str, str], name: str) -> ConnectionPool:
        return ConnectionPool(**entering.pool_options(parameters, self._connections, self._wait, name), open=True)
