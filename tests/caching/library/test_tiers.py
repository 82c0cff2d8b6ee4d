"""The read path over real servers, some of them dead: a miss, never an error, never a long wait."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from caching.library.counters import HASH
from caching.library.exceptions import Unavailable
from caching.library.families import FAMILIES
from caching.library.keys import l1_key
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.tiers import MISS, Tiers
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from tests.waiting import wait_for


class Loader:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, int]:
        self.calls += 1
        return {"call": self.calls}


@pytest.fixture
def memcached() -> Iterator[list[tuple[subprocess.Popen[bytes], int]]]:
    """Three servers of the test's own, which it may kill."""
    program = shutil.which("memcached")
    assert program, "memcached is not installed"
    started = []
    for _ in range(3):
        port = free_port()
        command = [program, "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "8", "-u", "nobody"]
        started.append((subprocess.Popen(command), port))
    for _, port in started:
        wait_for(partial(listens, port), "memcached")
    yield started
    for process, _ in started:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def l1(live_fleet: Fleet) -> Iterator[L1]:
    with tenant_context(live_fleet):
        nodes = targets("redis")
    found = L1([(node.host, node.port) for node in nodes], nodes[0].login.username, nodes[0].login.password)
    yield found
    found.close()


@pytest.fixture
def tiers(l1: L1, memcached: list[tuple[subprocess.Popen[bytes], int]]) -> Tiers:
    return Tiers(l1, L2([("127.0.0.1", port) for _, port in memcached]))


@pytest.fixture
def nowhere(memcached: list[tuple[subprocess.Popen[bytes], int]]) -> Tiers:
    """Both tiers behind ports where nobody listens."""
    return Tiers(L1([("127.0.0.1", free_port())]), L2([("127.0.0.1", free_port())]))


@pytest.fixture
def tenant() -> str:
    return f"test-{uuid4()}"


def test_the_loader_is_asked_once(tiers: Tiers, tenant: str) -> None:
    load = Loader()
    assert [tiers.get_or_compute("vm", tenant, "a", load) for _ in range(3)] == [{"call": 1}] * 3
    assert [tiers.get_or_compute("agg", tenant, "cost", load) for _ in range(3)] == [{"call": 2}] * 3


def test_l2_fills_l1(tiers: Tiers, tenant: str) -> None:
    load = Loader()
    tiers.get_or_compute("vm", tenant, "a", load)
    tiers._l1.delete(l1_key(FAMILIES["vm"], tenant, "a"))
    assert tiers.get_or_compute("vm", tenant, "a", load) == {"call": 1}
    assert tiers.get("vm", tenant, "a") == {"call": 1}
    tiers.delete("vm", tenant, "a")
    assert tiers.get("vm", tenant, "a") is MISS


def test_a_change_makes_all_of_the_tenant_invisible(tiers: Tiers, tenant: str) -> None:
    load, other = Loader(), Loader()
    for family, key in (("vm", "a"), ("qr", "list"), ("agg", "cost")):
        tiers.get_or_compute(family, tenant, key, load)
        tiers.get_or_compute(family, f"{tenant}-other", key, other)
    tiers.get_or_compute("vm", tenant, "b", lambda: "kept")
    tiers.invalidate_vm(tenant, "a")
    assert [tiers.get_or_compute(*at, load)["call"] for at in (("vm", tenant, "a"), ("qr", tenant, "list"))] == [4, 5]
    assert tiers.get_or_compute("vm", tenant, "b", load) == "kept"
    assert tiers.get_or_compute("agg", f"{tenant}-other", "cost", other) == {"call": 3}


@pytest.mark.parametrize("family", ["vm", "qr"])
def test_what_was_loaded_before_a_change_is_not_kept_after_it(tiers: Tiers, tenant: str, family: str) -> None:
    def load_slowly() -> str:
        tiers.invalidate_vm(tenant, "a")  # the change comes while the old value is on its way
        return "old"

    assert tiers.get_or_compute(family, tenant, "a", load_slowly) == "old"
    assert tiers.get_or_compute(family, tenant, "a", lambda: "new") == "new"


def test_a_dead_memcached_is_a_miss(
    tiers: Tiers, tenant: str, memcached: list[tuple[subprocess.Popen[bytes], int]]
) -> None:
    keys = [f"k{number}" for number in range(60)]
    for key in keys:
        tiers.get_or_compute("qr", tenant, key, lambda: "before")
    memcached[0][0].kill()
    memcached[0][0].wait()
    after = [tiers.get_or_compute("qr", tenant, key, lambda: "loaded again") for key in keys]
    assert 1 <= after.count("loaded again") < len(keys)
    assert [tiers.get_or_compute("qr", tenant, key, lambda: "once more") for key in keys].count("once more") <= 1


def test_with_everything_dead_the_loader_answers(nowhere: Tiers, tenant: str) -> None:
    load = Loader()
    answers = [nowhere.get_or_compute("vm", tenant, "a", load) for _ in "abc"]
    assert [answer["call"] for answer in answers] == [1, 2, 3]
    assert not nowhere.forget_vm(tenant, "a")
    nowhere.add_point(tenant, "a", {"cpu": 1.0})
    assert nowhere.points(tenant, "a") == []
    assert nowhere.get("session", tenant, "x") is MISS
    nowhere.close()


def test_a_tenants_number_hides_its_l1_entries_too(tiers: Tiers, tenant: str) -> None:
    load = Loader()
    tiers.get_or_compute("vm", tenant, "a", load)
    tiers.get_or_compute("perm", tenant, "b", load)
    tiers.set("session", tenant, "c", "kept")
    tiers.invalidate_tenant(tenant)
    assert [tiers.get(*at) for at in (("vm", tenant, "a"), ("perm", tenant, "b"))] == [MISS, MISS]
    assert tiers.get("session", tenant, "c") == "kept"


def test_a_shards_number_hides_what_was_read_from_it(l1: L1, tiers: Tiers, tenant: str) -> None:
    here, there = Tiers(l1, tiers._l2, lambda _: f"{tenant}-a"), Tiers(l1, tiers._l2, lambda _: f"{tenant}-b")
    here.get_or_compute("agg", tenant, "cost", Loader())
    there.get_or_compute("agg", f"{tenant}-there", "cost", Loader())
    here.invalidate_shard(f"{tenant}-a", "the stream was lost")
    assert here.get_or_compute("agg", tenant, "cost", lambda: "new") == "new"
    assert there.get_or_compute("agg", f"{tenant}-there", "cost", lambda: "new") == {"call": 1}


def test_who_cannot_say_where_a_tenant_is_reads_nothing_old(l1: L1, tiers: Tiers, tenant: str) -> None:
    def nowhere(_: str) -> str:
        raise LookupError

    tiers.get_or_compute("agg", tenant, "cost", Loader())
    assert Tiers(l1, tiers._l2, nowhere).get_or_compute("agg", tenant, "cost", lambda: "loaded") == "loaded"


def test_an_invalidation_that_cannot_be_made_says_so(nowhere: Tiers, tenant: str) -> None:
    with pytest.raises(Unavailable):
        nowhere.invalidate_vm(tenant, "a")
    with pytest.raises(Unavailable):
        nowhere.invalidate_family("vm", tenant)


def test_a_loaders_error_is_the_callers(tiers: Tiers, tenant: str) -> None:
    with pytest.raises(ZeroDivisionError):
        tiers.get_or_compute("vm", tenant, "a", lambda: 1 / 0)


def test_none_is_a_value(tiers: Tiers, tenant: str) -> None:
    load = Loader()
    assert tiers.get_or_compute("perm", tenant, "a", lambda: None) is None
    assert tiers.get_or_compute("perm", tenant, "a", load) is None
    assert load.calls == 0


def test_sessions_and_points_keep_their_form(tiers: Tiers, tenant: str) -> None:
    tiers.set("session", tenant, "a", {"user": "a", "roles": ["x"]})
    assert tiers.get("session", tenant, "a") == {"user": "a", "roles": ["x"]}
    for cpu in (1.0, 2.0):
        tiers.add_point(tenant, "a", {"cpu": cpu})
    assert len(tiers.points(tenant, "a")) == 2


def test_counters_are_added_up_in_l1(tiers: Tiers, l1: L1, tenant: str) -> None:
    def counted(field: str) -> int:
        found = l1._ask(HASH, "HGET", HASH, field)
        return int(found or 0)

    tiers.counters.flush()
    hits, misses = counted("api:hits"), counted("api:misses")
    for _ in range(3):
        tiers.get_or_compute("api", tenant, "x", lambda: 1)
    tiers.counters.flush()
    assert counted("api:hits") >= hits + 2
    assert counted("api:misses") >= misses + 1
