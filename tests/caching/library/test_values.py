"""What is kept for how long, in which form, and what is served when the loader fails."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from caching.library import entries
from caching.library.entries import State, opened, packed
from caching.library.envelope import Envelope, Stamp
from caching.library.exceptions import NotStorable, TooLarge
from caching.library.families import FAMILIES, KIB
from caching.library.keys import l1_key
from caching.library.tiers import MISS, Tiers

STAMP = Stamp(1, 2, 3)
NOW = 1_000_000.0
VM, PERM = FAMILIES["vm"], FAMILIES["perm"]


def state_after(seconds: float, value: object = "x", name: str = "vm", took: float = 0.0) -> State:
    family = FAMILIES[name]
    return opened(family, packed(family, "a", value, STAMP, NOW, took).data, STAMP, NOW + seconds).state


def test_a_value_is_fresh_then_stale_where_that_is_allowed() -> None:
    assert state_after(VM.ttl * 0.89) is State.FRESH
    assert state_after(VM.ttl) is State.STALE
    assert state_after(PERM.ttl, name="perm") is State.NOTHING


def test_none_is_kept_for_less_long_and_never_served_stale() -> None:
    assert state_after(VM.negative_ttl - 1, None) is State.FRESH
    assert state_after(VM.negative_ttl, None) is State.NOTHING


def test_ends_are_spread() -> None:
    ends = {Envelope.unpack(packed(VM, "a", 1, STAMP, NOW).data).fresh_until - NOW for _ in range(200)}
    assert len(ends) > 10
    assert VM.ttl * 0.9 <= min(ends) and max(ends) <= VM.ttl
    assert all(packed(VM, "a", 1, STAMP, NOW).seconds >= VM.least_life for _ in range(50))


def test_a_slow_value_is_renewed_early_by_few(monkeypatch: pytest.MonkeyPatch) -> None:
    early = [state_after(VM.ttl * 0.9 - 40, took=20.0) for _ in range(400)].count(State.EARLY)
    assert 0 < early < 200
    assert State.EARLY not in [state_after(VM.ttl * 0.5, took=1.0) for _ in range(200)]
    monkeypatch.setattr("random.random", lambda: 0.0)
    assert state_after(VM.ttl - 1, took=20.0) is State.FRESH


def test_another_stamp_hides_the_value() -> None:
    data = packed(VM, "a", "x", STAMP, NOW).data
    for other in (replace(STAMP, tenant=9), replace(STAMP, narrower=9), replace(STAMP, shared=9)):
        assert opened(VM, data, other, NOW).state is State.NOTHING


def test_too_large_a_value_is_refused_with_its_size(tiers: Tiers, tenant: str) -> None:
    with pytest.raises(TooLarge, match=r"perm:a is 70,002 bytes; its family takes at most 65,536\.") as problem:
        tiers.set("perm", tenant, "a", "x" * 70_000)
    assert (problem.value.name, problem.value.size, problem.value.limit) == ("perm:a", 70_002, 64 * KIB)
    assert tiers.get_or_compute("perm", tenant, "a", lambda: "x" * 70_000) == "x" * 70_000
    assert tiers.get("perm", tenant, "a") is MISS


def test_what_cannot_be_written_is_refused_and_read_uncached(tiers: Tiers, tenant: str) -> None:
    with pytest.raises(NotStorable, match="json"):
        tiers.set("perm", tenant, "a", 2**70)
    assert tiers.get_or_compute("perm", tenant, "a", lambda: 2**70) == 2**70


def test_the_first_reader_gets_the_form_of_the_next(tiers: Tiers, tenant: str) -> None:
    value = {"id": UUID(int=7), "at": datetime(2026, 1, 2, tzinfo=UTC), 3: None}
    kept = {"id": str(UUID(int=7)), "at": "2026-01-02 00:00:00+00:00", "3": None}
    assert [tiers.get_or_compute("vm", tenant, "a", lambda: value) for _ in range(2)] == [kept, kept]


def expire(tiers: Tiers, tenant: str, key: str, seconds: float) -> None:
    """As if the time had passed: the entry's time of freshness lies that much earlier."""
    full = l1_key(VM, tenant, key)
    [data] = tiers._l1.read((full,))
    assert data is not None
    envelope = Envelope.unpack(data)
    tiers._l1.set(full, replace(envelope, fresh_until=envelope.fresh_until - seconds).pack(), 600)


@pytest.fixture
def only_l1(tiers: Tiers, tenant: str) -> Callable[[float], None]:
    """An entry "old" that no longer lies in L2, its time over since some seconds."""

    def make(seconds: float) -> None:
        tiers.set("vm", tenant, "a", "old")
        expire(tiers, tenant, "a", seconds)
        for server in tiers._l2._servers:
            server.ask(lambda client: client.flush_all(noreply=False))

    return make


def fail() -> str:
    raise ConnectionError("The database is away.")


def test_a_stale_value_is_served_when_the_loader_fails(
    tiers: Tiers, tenant: str, only_l1: Callable[[float], None]
) -> None:
    only_l1(VM.ttl)
    assert tiers.get("vm", tenant, "a") is MISS
    assert tiers.get_or_compute("vm", tenant, "a", fail) == "old"
    assert tiers.get_or_compute("vm", tenant, "a", lambda: "new") == "new"


def test_what_a_change_hid_is_not_served_when_the_loader_fails(
    tiers: Tiers, tenant: str, only_l1: Callable[[float], None]
) -> None:
    only_l1(VM.ttl)
    tiers.invalidate_vm(tenant, "a")
    with pytest.raises(ConnectionError):
        tiers.get_or_compute("vm", tenant, "a", fail)


def test_who_renews_early_gets_the_value_from_before_when_it_fails(
    tiers: Tiers, tenant: str, only_l1: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    only_l1(0)
    monkeypatch.setattr(entries, "_renewed_early", lambda *_: True)
    assert tiers.get("vm", tenant, "a") == "old"
    assert tiers.get_or_compute("vm", tenant, "a", fail) == "old"
    assert tiers.get_or_compute("vm", tenant, "a", lambda: "new") == "new"


def test_many_are_read_at_once_and_copies_fill_l1(tiers: Tiers, tenant: str) -> None:
    for number in range(20):
        tiers.set("vm", tenant, str(number), number)
    for number in range(10):
        tiers._l1.delete(l1_key(VM, tenant, str(number)))
    tiers.invalidate_vm(tenant, "19")
    wanted = [str(number) for number in range(25)]
    assert tiers.get_many("vm", tenant, wanted) == {str(number): number for number in range(19)}
    assert tiers._l1.read((l1_key(VM, tenant, "3"),)) != [None]
    assert tiers.get_many("vm", tenant, []) == {}


def test_many_of_an_l2_family(tiers: Tiers, tenant: str) -> None:
    for name in ("cost", "vm_count"):
        tiers.set("agg", tenant, name, name)
    assert tiers.get_many("agg", tenant, ["cost", "vm_count", "resource_usage"]) == {
        "cost": "cost",
        "vm_count": "vm_count",
    }
    tiers.invalidate_vm(tenant, "any")
    assert tiers.get_many("agg", tenant, ["cost"]) == {}


def test_keys_that_nobody_else_would_choose(tiers: Tiers, tenant: str) -> None:
    for key in ("with space", "ü", "x" * 400, "a}b{", ""):
        assert tiers.get_or_compute("vm", tenant, key, lambda key=key: key) == key  # type: ignore[misc]
        assert tiers.get("vm", tenant, key) == key
        assert tiers.get_or_compute("qr", tenant, key, lambda key=key: key) == key  # type: ignore[misc]


def test_an_entry_lives_no_longer_than_its_time(tiers: Tiers, tenant: str) -> None:
    full, began = l1_key(VM, tenant, "a"), time.monotonic()
    tiers.set("vm", tenant, "a", 1)
    left = tiers._l1._ask(full, "TTL", full)
    assert VM.least_life - 1 <= left + time.monotonic() - began and left <= VM.ttl + VM.stale
    assert time.time() < Envelope.unpack(tiers._l1.read((full,))[0] or b"").fresh_until
