"""The same promises for tasks of a loop, on real servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from caching.library.aio.l1 import AsyncL1
from caching.library.aio.stores import AsyncL2
from caching.library.aio.tiers import AsyncTiers
from caching.library.exceptions import TooLarge, Unavailable
from caching.library.families import FAMILIES
from caching.library.tiers import MISS, Tiers
from tests.caching.library.conftest import Server
from tests.caching.library.login import Login
from tests.ports import free_port

Work = Callable[[AsyncTiers], Awaitable[None]]
Run = Callable[[Work], None]


class Loader:
    def __init__(self, seconds: float = 0.0) -> None:
        self.calls, self._seconds = 0, seconds

    async def __call__(self) -> dict[str, int]:
        self.calls += 1
        await asyncio.sleep(self._seconds)
        return {"call": self.calls}


@asynccontextmanager
async def opened(l1: AsyncL1, l2: AsyncL2) -> AsyncIterator[AsyncTiers]:
    tiers = AsyncTiers(l1, l2)
    yield tiers
    await tiers.close()


@pytest.fixture
def run(login: Login, memcached: list[Server]) -> Run:
    def in_a_loop(work: Work) -> None:
        async def working() -> None:
            l1 = AsyncL1(login.nodes, login.username, login.password)
            async with opened(l1, AsyncL2([("127.0.0.1", port) for _, port in memcached])) as tiers:
                await work(tiers)

        asyncio.run(working())

    return in_a_loop


def test_the_loader_is_asked_once_by_two_hundred_tasks(run: Run, tenant: str) -> None:
    async def work(tiers: AsyncTiers) -> None:
        for name in ("vm", "agg"):
            load = Loader(0.1)
            answers = await asyncio.gather(*(tiers.get_or_compute(name, tenant, "a", load) for _ in range(200)))
            assert answers == [{"call": 1}] * 200
            assert await tiers.get_or_compute(name, tenant, "a", load) == {"call": 1}

    run(work)


def test_a_change_hides_a_vm_and_its_tenants_results(run: Run, tenant: str) -> None:
    async def work(tiers: AsyncTiers) -> None:
        at = [("vm", "a"), ("vm", "b"), ("agg", "cost"), ("qr", "list"), ("perm", "p")]
        for name, key in at:
            await tiers.set(name, tenant, key, "old")
        await tiers.invalidate_vm(tenant, "a")
        assert [await tiers.get(name, tenant, key) for name, key in at] == [MISS, "old", MISS, MISS, "old"]
        await tiers.invalidate_entry("perm", tenant, "p")
        assert await tiers.forget_tenant(tenant)
        assert [await tiers.get(name, tenant, key) for name, key in at] == [MISS] * 5

    run(work)


@pytest.mark.parametrize("name", ["vm", "qr"])
def test_what_was_loaded_before_a_change_is_not_kept_after_it(run: Run, tenant: str, name: str) -> None:
    async def work(tiers: AsyncTiers) -> None:
        async def slowly() -> str:
            await tiers.invalidate_vm(tenant, "a")
            return "old"

        async def anew() -> str:
            return "new"

        assert await tiers.get_or_compute(name, tenant, "a", slowly) == "old"
        assert await tiers.get_or_compute(name, tenant, "a", anew) == "new"

    run(work)


def test_threads_and_tasks_share_what_is_kept(run: Run, tiers: Tiers, tenant: str) -> None:
    tiers.set("vm", tenant, "a", "kept")
    tiers.set("session", tenant, "s", {"user": 1})

    async def work(tasks: AsyncTiers) -> None:
        assert await tasks.get_many("vm", tenant, ["a", "b"]) == {"a": "kept"}
        assert await tasks.get("session", tenant, "s") == {"user": 1}
        await tasks.delete("session", tenant, "s")
        await tasks.add_point(tenant, "a", {"cpu": 1.0})
        assert len(await tasks.points(tenant, "a")) == 1

    run(work)
    assert tiers.get("session", tenant, "s") is MISS


def test_sizes_are_limited(run: Run, tenant: str) -> None:
    async def work(tiers: AsyncTiers) -> None:
        with pytest.raises(TooLarge):
            await tiers.set("perm", tenant, "a", "x" * FAMILIES["perm"].most_bytes)

    run(work)


def test_a_task_that_is_cancelled_leaves_the_work_to_the_others(run: Run, tenant: str) -> None:
    async def work(tiers: AsyncTiers) -> None:
        load = Loader(0.2)
        first, second = (asyncio.create_task(tiers.get_or_compute("vm", tenant, "a", load)) for _ in range(2))
        while not load.calls:
            await asyncio.sleep(0.01)
        first.cancel()
        assert await second == {"call": 1}

    run(work)


def test_with_everything_dead_the_loader_answers() -> None:
    async def work() -> None:
        nowhere = [("127.0.0.1", free_port())]
        async with opened(AsyncL1(nowhere), AsyncL2(nowhere)) as tiers:
            load: Any = Loader()
            answers = [await tiers.get_or_compute("vm", "t", "a", load) for _ in range(3)]
            assert [answer["call"] for answer in answers] == [1, 2, 3]
            assert await tiers.get("session", "t", "a") is MISS
            assert await tiers.points("t", "a") == []
            assert not await tiers.forget_vm("t", "a")
            with pytest.raises(Unavailable):
                await tiers.invalidate_tenant("t")

    asyncio.run(work())


def test_who_reads_is_noted_as_by_threads(run: Run, tenant: str) -> None:
    seen: dict[str, int] = {}

    async def work(tiers: AsyncTiers) -> None:
        tiers.readers._send = lambda window, tenants, names: seen.update(tenants)
        for _ in range(2):
            await tiers.get_or_compute("agg", tenant, "cost", Loader())
        await tiers.get_many("perm", tenant, ["a", "b"])
        tiers.readers.flush()

    run(work)
    assert seen == {f"agg:reads:{tenant}": 2, f"agg:loads:{tenant}": 1, f"perm:reads:{tenant}": 2}
