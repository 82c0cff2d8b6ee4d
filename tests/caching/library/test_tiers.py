"""The read path over real servers, some of them dead: a miss, never an error, never a long wait."""

import pytest

from caching.library.counters import HASH
from caching.library.exceptions import Unavailable
from caching.library.families import FAMILIES
from caching.library.keys import l1_key
from caching.library.l1 import L1
from caching.library.tiers import MISS, Tiers
from tests.caching.library.conftest import Server


class Loader:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, int]:
        self.calls += 1
        return {"call": self.calls}


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


def test_a_dead_memcached_is_a_miss(tiers: Tiers, tenant: str, memcached: list[Server]) -> None:
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
