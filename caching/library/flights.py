"""Single flight: of several callers in a process who need the same, one works and the others get what it found."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any


class Flights:
    """For threads. An error is shared as well."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def join(self, key: Hashable, work: Callable[[], Any]) -> Any:
        with self._lock:
            flight = self._under_way.get(key)
            if first := flight is None:
                flight = self._under_way[key] = Future()
        return self._fly(key, flight, work) if first else flight.result()

    def _fly(self, key: Hashable, flight: "Future[Any]", work: Callable[[], Any]) -> Any:
        try:
            found = work()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(found)
        return found

    def _land(self, key: Hashable) -> None:
        """Before the result is told: who comes from now on looks for himself."""
        with self._lock:
            del self._under_way[key]


class AsyncFlights:
    """The same for tasks of one loop. A caller that is cancelled leaves the work to the others."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}

    async def join(self, key: Hashable, work: Callable[[], Awaitable[Any]]) -> Any:
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.ensure_future(self._fly(key, work))
        return await asyncio.shield(task)

    async def _fly(self, key: Hashable, work: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await work()
        finally:
            del self._under_way[key]
