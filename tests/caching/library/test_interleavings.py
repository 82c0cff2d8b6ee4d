"""A value computed before a change is never served after it: every order of a reader's steps with the change, the
raised generation and a second reader, on real servers."""

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import pytest

from caching.library.families import FAMILIES
from caching.library.keys import l1_key
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.near.near import Near
from caching.library.near.store import Kept
from caching.library.tiers import MISS, Tiers
from tests.caching.library.conftest import IMPATIENT

ORDERS = (("change", "bump", "read"), ("change", "read", "bump"), ("read", "change", "bump"))


class Database:
    def __init__(self) -> None:
        self.value = "old"

    def load(self) -> str:
        return self.value


def reader(tiers: Tiers, at: tuple[str, str, str], database: Database) -> Iterator[None]:
    """`get_or_compute`, one step at a time."""
    name, tenant, key = at
    found = tiers._look(FAMILIES[name], tenant, key)
    yield
    steps = tiers._path.fill(FAMILIES[name], tenant, key, found)
    try:
        step = next(steps)
        while True:
            answer = tiers._carry_out(step, database.load)
            yield
            step = steps.send(answer)
    except StopIteration:
        return


def count_steps(tiers: Tiers, at: tuple[str, str, str]) -> int:
    return sum(1 for _ in reader(tiers, at, Database()))


def play(tiers: Tiers, at: tuple[str, str, str], events: list[tuple[int, str]]) -> str:
    """Runs a reader with the events before its steps of these numbers; says what was wrong."""
    name, tenant, key = at
    database, slow, done, bumped = Database(), reader(tiers, at, Database()), 0, False
    slow = reader(tiers, at, database)
    for place, event in events:
        while done < place and next(slow, MISS) is not MISS:
            done += 1
        if event == "change":
            database.value = "new"
        elif event == "bump":
            invalidate(tiers, at)
            bumped = True
        elif "old" in [tiers.get_or_compute(name, tenant, key, database.load) for _ in "twice"] and bumped:
            return f"A second reader got the old value: {events}"
    for _ in slow:
        pass
    return "" if all(value == "new" for value in read_everywhere(tiers, at)) else f"The old value was left: {events}"


def invalidate(tiers: Tiers, at: tuple[str, str, str]) -> None:
    name, tenant, key = at
    if name == "perm":
        tiers.invalidate_entry(name, tenant, key)
    else:
        tiers.invalidate_vm(tenant, key)


def read_everywhere(tiers: Tiers, at: tuple[str, str, str]) -> list[Any]:
    """Through both tiers, and then from L2 alone."""
    name, tenant, key = at
    first = tiers.get_or_compute(name, tenant, key, lambda: "new")
    if FAMILIES[name].backing:
        tiers._l1.delete(l1_key(FAMILIES[name], tenant, key))
    return [first, tiers.get_or_compute(name, tenant, key, lambda: "new")]


@pytest.mark.parametrize("name", ["vm", "perm", "qr"])
def test_no_order_leaves_an_old_value_to_be_read(impatient: Tiers, tenant: str, name: str) -> None:
    steps = count_steps(impatient, (name, tenant, "counted"))
    assert steps >= 6
    played = 0
    for order in ORDERS:
        for places in combinations_with_replacement(range(steps + 1), len(order)):
            events = list(zip(places, order, strict=True))
            assert play(impatient, (name, tenant, f"k{played}"), events) == ""
            played += 1
    assert played == 3 * (steps + 1) * (steps + 2) * (steps + 3) // 6


@pytest.mark.parametrize("name", ["vm", "perm"])
def test_nor_does_the_process_that_changes_it_read_it_in_itself(
    l1: L1, l2: L2, tenant: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = Near(l1.cluster)
    tiers = Tiers(l1, l2, patience=IMPATIENT, near=near)
    read, served = tiers._kept, 0

    def counted(at: tuple[str, str, str]) -> Kept | None:
        nonlocal served
        kept = read(at)
        served += kept is not None
        return kept

    monkeypatch.setattr(tiers, "_kept", counted)
    places = range(count_steps(tiers, (name, tenant, "counted")) + 1)
    for number, place in enumerate(combinations_with_replacement(places, 2)):
        for order in (("read", "change", "bump"), ("change", "read", "bump")):
            at = (name, f"{tenant}-{number}", order[0])
            for _ in "twice":
                tiers.get(*at)
            assert play(tiers, at, list(zip((0, *place), order, strict=True))) == ""
    assert served > 10
    near.close()


@pytest.mark.parametrize("name", ["vm", "perm", "qr"])
def test_what_a_whole_tenants_number_hides_stays_hidden_too(impatient: Tiers, tenant: str, name: str) -> None:
    for place in range(count_steps(impatient, (name, tenant, "counted"))):
        at, database = (name, f"{tenant}-{place}", "a"), Database()
        slow = reader(impatient, at, database)
        for _ in range(place):
            next(slow)
        database.value = "new"
        impatient.invalidate_tenant(at[1])
        for _ in slow:
            pass
        assert read_everywhere(impatient, at) == ["new", "new"]
