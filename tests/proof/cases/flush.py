"""`cache-flush`: thousands of keys of one family on a real Redis Cluster go, those of another stay."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django_tenants.utils import tenant_context
from redis.cluster import ClusterNode, RedisCluster

from caching.library.keys import family_key
from novaops.inventory.selectors import targets
from novaops.operations.models import Operation
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene
from tests.waiting import wait_for

FAMILY, KEYS, KEPT = "vm", 6_000, 200
HEALTHY_SECONDS = 120
AHEAD = 3_600_000_000


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    mark = uuid4().hex[:12]
    number = family_key(FAMILY)
    with tenant_context(scene.fleet):
        wait_for(lambda: _whole(_cluster()), "a whole Redis Cluster", HEALTHY_SECONDS)
        cluster = _cluster()
    _fill(cluster, f"vm:{mark}:", KEYS)
    _fill(cluster, f"perm:{mark}:", KEPT)
    # A number that lies ahead of the clock is raised by one each time, which can be counted.
    before = max(int(cluster.get(number) or 0), time.time_ns() // 1000 + AHEAD)
    cluster.set(number, before)

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            now = _cluster()
        left, kept, raised = _count(now, f"vm:{mark}:"), _count(now, f"perm:{mark}:"), int(now.get(number)) - before
        found = [f"{left} keys of the family are left."] if left else []
        found += [f"{KEPT - kept} keys of another family are gone."] if kept != KEPT else []
        return found + ([f"The family's generation was raised {raised} times."] if raised != 1 else [])

    try:
        yield Case(kind="cache-flush", parameters=lambda way: {"family": FAMILY}, violations=violations)
    finally:
        with tenant_context(scene.fleet):
            _empty(_cluster(), mark)


def _cluster() -> Any:
    known = targets("redis")
    login = known[0].login
    return RedisCluster(
        startup_nodes=[ClusterNode(one.host, one.port) for one in known],  # type: ignore[no-untyped-call]
        username=login.username or None,
        password=login.password,
        decode_responses=True,
        socket_timeout=5,
    )


def _whole(cluster: Any) -> bool:
    return all(info["cluster_state"] == "ok" for info in cluster.cluster_info(target_nodes="primaries").values())


def _fill(cluster: Any, prefix: str, count: int) -> None:
    pipe = cluster.pipeline()
    for key in range(count):
        pipe.set(f"{prefix}{key}", "wrong", ex=300)
    pipe.execute()


def _count(cluster: Any, prefix: str) -> int:
    return len(set(cluster.scan_iter(match=f"{prefix}*", count=5_000)))


def _empty(cluster: Any, mark: str) -> None:
    for key in list(cluster.scan_iter(match=f"*:{mark}:*", count=5_000)):
        cluster.delete(key)


SUBJECT = Subject(
    kind="cache-flush",
    make=make,
    steps=4,
    # Before any key is unlinked, and when about half of them are.
    calls=(Call(1, "caching.flush.walking:slot_slice"), Call(1, "caching.flush.walking:slot_slice", 20)),
)
