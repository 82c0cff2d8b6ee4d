"""The in-process tier: quick, bounded, and never behind for longer than it says."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from caching.library.generations import FAMILY_SECONDS
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.near.near import NEAR_SECONDS, Near
from caching.library.tiers import Tiers
from tests.caching.library.login import Login
from tests.waiting import wait_for


@pytest.fixture
def near(l1: L1) -> Iterator[Near]:
    found = Near(l1.cluster)
    yield found
    found.close()


@pytest.fixture
def close_by(l1: L1, l2: L2, near: Near) -> Tiers:
    return Tiers(l1, l2, lambda tenant: f"{tenant}-shard", near=near)


def kept(tiers: Tiers, tenant: str, key: str = "a", value: str = "old") -> None:
    """An entry that the process has itself."""
    for _ in range(3):
        assert tiers.get_or_compute("vm", tenant, key, lambda: value) == value
    assert ("vm", tenant, key) in near_of(tiers).entries


def near_of(tiers: Tiers) -> Near:
    assert tiers._near is not None
    return tiers._near


def test_a_hot_entry_is_read_without_asking_redis(
    close_by: Tiers, near: Near, l1: L1, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(close_by, tenant)
    monkeypatch.setattr(l1, "read", lambda keys: pytest.fail("Redis was asked."))
    monkeypatch.setattr(near, "read", lambda *_: pytest.fail("Redis was asked."))
    near.reads(all_of_them=True)
    assert [close_by.get("vm", tenant, "a") for _ in range(100)] == ["old"] * 100
    assert near.reads(all_of_them=True) == {("vm", tenant, "a"): 100}


def test_what_is_read_once_is_not_kept(close_by: Tiers, near: Near, tenant: str) -> None:
    close_by.set("vm", tenant, "a", 1)
    close_by.get("vm", tenant, "a")
    assert near.entries == {}


def test_no_reader_changes_what_another_gets(close_by: Tiers, tenant: str) -> None:
    for _ in range(3):
        close_by.get_or_compute("vm", tenant, "a", lambda: {"tags": []})
    close_by.get("vm", tenant, "a")["tags"].append("mine")
    assert close_by.get("vm", tenant, "a") == {"tags": []}


@pytest.mark.parametrize("how", ["vm", "tenant", "entry", "set", "delete"])
def test_another_process_change_is_told(close_by: Tiers, l1: L1, l2: L2, tenant: str, how: str) -> None:
    kept(close_by, tenant)
    other = Tiers(l1, l2, lambda tenant: f"{tenant}-shard")
    match how:
        case "vm":
            other.invalidate_vm(tenant, "a")
        case "tenant":
            other.invalidate_tenant(tenant)
        case "entry":
            other.invalidate_entry("vm", tenant, "a")
        case "set":
            other.set("vm", tenant, "a", "new")
        case "delete":
            other.delete("vm", tenant, "a")
    wait_for(lambda: not near_of(close_by).entries, "the news")
    assert close_by.get_or_compute("vm", tenant, "a", lambda: "new") == "new"


def test_other_entries_stay(close_by: Tiers, tenant: str) -> None:
    kept(close_by, tenant)
    kept(close_by, tenant, "b")
    close_by.invalidate_vm(tenant, "a")
    assert list(near_of(close_by).entries) == [("vm", tenant, "b")]


@pytest.mark.parametrize("how", ["family", "shard"])
def test_numbers_above_the_tenant_are_told_too(close_by: Tiers, l1: L1, l2: L2, tenant: str, how: str) -> None:
    kept(close_by, tenant)
    other = Tiers(l1, l2)
    if how == "family":
        other.invalidate_family("vm", tenant)
    else:
        other.invalidate_shard(f"{tenant}-shard", tenant)
    wait_for(lambda: not near_of(close_by).entries, "the news")
    wait_for(
        lambda: close_by.get_or_compute("vm", tenant, "a", lambda: "new") == "new",
        f"at most {FAMILY_SECONDS} s",
    )


def test_everything_is_dropped_when_a_connection_breaks(close_by: Tiers, near: Near, l1: L1, tenant: str) -> None:
    kept(close_by, tenant)
    address = "{}:{}".format(*next(iter(near._sessions.values())).socket.getsockname())
    for node in l1.cluster.primaries():
        node.talk(b"*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$4\r\nADDR\r\n$%d\r\n%b\r\n" % (len(address), address.encode()))
    wait_for(lambda: not near.entries, "the loss to be noticed")
    kept(close_by, tenant)


def test_nothing_is_served_that_nobody_vouches_for(close_by: Tiers, near: Near, l1: L1, l2: L2, tenant: str) -> None:
    kept(close_by, tenant)
    near._closed = True  # as if the thread had died, or the process had been stopped for a while
    assert near._thread is not None
    near._thread.join()
    Tiers(l1, l2).invalidate_vm(tenant, "a")
    wait_for(lambda: close_by.get_or_compute("vm", tenant, "a", lambda: "new") == "new", f"at most {NEAR_SECONDS} s")


def test_it_is_bounded(l1: L1, l2: L2, tenant: str) -> None:
    near = Near(l1.cluster, most=10)
    tiers = Tiers(l1, l2, near=near)
    for number in range(30):
        for _ in "twice":
            tiers.get_or_compute("vm", tenant, f"{number}", lambda: "x")
        tiers.get("vm", tenant, f"{number}")
    assert 0 < len(near.entries) <= 10
    assert len(near._store._resting) <= 10 * 3
    near.close()


FORKED = """
import os, sys
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.near.near import Near
from caching.library.tiers import Tiers

l1 = L1([("127.0.0.1", int(sys.argv[1]))], sys.argv[2], sys.stdin.read())
tiers = Tiers(l1, L2([]), near=Near(l1.cluster))
read = lambda: [tiers.get_or_compute("perm", sys.argv[3], "a", lambda: "x") for _ in range(4)]
read()
child = os.fork()
assert read() == ["x"] * 4 and tiers._near.entries
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""


def test_a_forked_process_has_connections_of_its_own(login: Login, tenant: str) -> None:
    command = [sys.executable, "-c", FORKED, str(login.nodes[0][1]), login.username, tenant]
    assert subprocess.run(command, input=login.password, text=True, timeout=60).returncode == 0


def test_without_redis_reads_go_on(nowhere: Tiers, tenant: str) -> None:
    tiers = Tiers(nowhere._l1, nowhere._l2, near=Near(nowhere._l1.cluster))
    assert [tiers.get_or_compute("vm", tenant, "a", lambda: "x") for _ in range(3)] == ["x"] * 3
    tiers.close()


def test_what_a_process_serves_itself_is_counted(close_by: Tiers, near: Near, tenant: str) -> None:
    """By family, tenant and key, also of entries that are gone; and told with the other counts."""
    kept(close_by, tenant)
    kept(close_by, tenant, "b")
    for _ in range(50):
        close_by.get("vm", tenant, "a")
    before = close_by.get("vm", tenant, "b")
    near.forget(f"vm:{{{tenant}}}:b")
    told, families = Counter[str](), Counter[str]()
    close_by.readers._send = lambda _, tenants, __: told.update(tenants)
    close_by.counters._send = lambda increments: families.update(increments) is None
    close_by._count_near(near.reads(all_of_them=True))
    close_by.readers.flush()
    close_by.counters.flush()
    served = told[f"vm:near:{tenant}"]
    assert before == "old" and served >= 51 and families["vm:near"] == served <= families["vm:hits"]
    assert told[f"vm:reads:{tenant}"] >= served and not near.reads(all_of_them=True)
