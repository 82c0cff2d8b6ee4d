"""One way to use both routers, with threads and with asyncio, so that each test is made for both."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from shards.placement.async_router import AsyncRouter
from shards.placement.places import Place, PoolAddress
from shards.placement.router import Router


class Source:
    """The places that are left, one for each question, the last one again and again."""

    def __init__(self, *places: Place) -> None:
        self.places, self.asked = list(places), 0

    def __call__(self, _: str) -> Place:
        self.asked += 1
        return self.places.pop(0) if len(self.places) > 1 else self.places[0]

    async def later(self, tenant_id: str) -> Place:
        return self(tenant_id)


@dataclass(frozen=True)
class Client:
    """`ask(tenant, statement, readonly=..., ...)`: the first row, in a transaction of its own."""

    router: Router | AsyncRouter
    ask: Callable[..., Any]


@contextmanager
def client(source: Source, pools: Mapping[str, PoolAddress], asynchronous: bool) -> Iterator[Client]:
    if asynchronous:
        with asyncio.Runner() as loop:
            patient = loop.run(_opened(AsyncRouter(source.later, pools)))
            yield Client(patient, lambda tenant, text, **how: loop.run(patient.run(tenant, _async(text), **how)))
            loop.run(patient.__aexit__())
        return
    router = Router(source, pools)
    yield Client(router, lambda tenant, text, **how: router.run(tenant, _sync(text), **how))
    router.close()


async def _opened(router: AsyncRouter) -> AsyncRouter:
    return await router.__aenter__()


def _sync(text: str) -> Callable[[psycopg.Connection], Any]:
    def work(connection: psycopg.Connection) -> Any:
        return connection.execute(text.encode()).fetchone()

    return work


def _async(text: str) -> Callable[[psycopg.AsyncConnection], Any]:
    async def work(connection: psycopg.AsyncConnection) -> Any:
        return await (await connection.execute(text.encode())).fetchone()

    return work
