"""The router for asyncio: the same decisions as `Router`, carried out by a loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from shards.placement import entering
from shards.placement.place_cache import PlaceCache
from shards.placement.places import AsyncPlaceSource, Place, PoolAddress, Road
from shards.placement.problems import NotPlaced
from shards.placement.tries import Surroundings, Tries

Result = TypeVar("Result")
AsyncWork = Callable[[psycopg.AsyncConnection], Awaitable[Result]]


class AsyncRouter:
    """For the tasks of one loop: `async with AsyncRouter(...) as router`."""

    def __init__(
        self,
        source: AsyncPlaceSource,
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

    async def __aenter__(self) -> Self:
        for pool in self._pools.values():
            await pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self._pools.values():
            await pool.close(timeout=0)

    async def place(self, tenant_id: str) -> Place:
        """As `Router.place`."""
        found = self._places.get(tenant_id)
        if found is None:
            with self._places.asking(tenant_id) as answer:
                answer.place = await self._source(tenant_id)
            found = answer.place
        if found is None:
            raise NotPlaced(f"The tenant {tenant_id!r} is placed on no shard.")
        return found

    def forget(self, tenant_id: str) -> None:
        """As `Router.forget`."""
        self._places.forget(tenant_id)

    def learn(self, tenant_id: str, shard: str, epoch: int) -> None:
        """As `Router.learn`."""
        self._places.learn(tenant_id, shard, epoch)

    @asynccontextmanager
    async def transaction(
        self, tenant_id: str, readonly: bool = False, max_lag_seconds: float | None = None, primary: bool = False
    ) -> AsyncIterator[psycopg.AsyncConnection]:
        """As `Router.transaction`."""
        tries = Tries(self._around, tenant_id, readonly, max_lag_seconds, primary, self._wait)
        async with AsyncExitStack() as stack:
            yield await self._entered(stack, tries)

    async def run(
        self,
        tenant_id: str,
        work: AsyncWork[Result],
        readonly: bool = False,
        within: float = 30.0,
        max_lag_seconds: float | None = None,
        primary: bool = False,
    ) -> Result:
        """As `Router.run`."""
        tries = Tries(self._around, tenant_id, readonly, max_lag_seconds, primary, within)
        while True:
            with tries.trying():
                async with self._begun(tries) as connection:
                    return await work(connection)
            await asyncio.sleep(tries.pause)

    async def _entered(self, stack: AsyncExitStack, tries: Tries) -> psycopg.AsyncConnection:
        while True:
            with tries.trying():
                return await stack.enter_async_context(self._begun(tries))
            await asyncio.sleep(tries.pause)

    @asynccontextmanager
    async def _begun(self, tries: Tries) -> AsyncIterator[psycopg.AsyncConnection]:
        place = await self.place(tries.tenant_id)
        pool = self._pools[tries.at(place)]
        async with pool.connection(timeout=self._wait) as connection, connection.transaction():
            answer = await connection.execute(
                entering.statement(tries.readonly), entering.values(place, tries.readonly, self._statement)
            )
            entering.refuse_old(await answer.fetchone(), tries.max_lag_seconds)
            yield connection

    def _pool(self, parameters: Mapping[str, str], name: str) -> AsyncConnectionPool:
        return AsyncConnectionPool(**entering.pool_options(parameters, self._connections, self._wait, name), open=False)
