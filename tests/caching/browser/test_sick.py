"""Servers that do not answer: told as such, and never waited for."""

from dataclasses import replace

from caching.browser.entry import Visible
from caching.browser.looking import look
from caching.browser.places import Places, Primary
from caching.clients.redis_replies import SlotRange
from caching.library.keys import pattern
from novaops.inventory.targets import Target
from tests.caching.browser.conftest import Caches
from tests.caching.browser.test_looking import nowhere


def dead(target: Target, name: str) -> Target:
    """Nobody listens on port 1."""
    return replace(target, name=name, port=1)


def test_a_dead_primary_and_a_dead_memcached_beside_those_that_answer(caches: Caches) -> None:
    caches.tiers.get_or_compute("vm", caches.tenant, "a", lambda: 1)
    gone = Primary(dead(caches.places.primaries[0].target, "redis-gone"), ())
    servers = (*caches.places.memcached, dead(caches.places.memcached[0], "memcached-gone"))
    places = Places((*caches.places.primaries, gone), servers)
    found = look(places, "*a", "", "", nowhere)
    assert {sick.name for sick in found.sick} == {"redis-gone", "memcached-gone"}
    assert all("connection refused" in sick.cause for sick in found.sick)
    assert caches.key("vm", "a") in {
        entry.key for entry in look(places, f"*{pattern('', caches.tenant)}", "L1", "", nowhere).entries
    }


def test_a_generation_that_nobody_can_read_is_not_guessed(caches: Caches) -> None:
    caches.tiers.get_or_compute("agg", caches.tenant, "cost", lambda: 1)
    everything = (SlotRange(first=0, last=16_383),)
    places = Places((Primary(dead(caches.places.primaries[0].target, "gone"), everything),), caches.places.memcached)
    found = look(places, caches.key("agg", "cost"), "L2", "", nowhere)
    assert [entry.visible for entry in found.entries] == [Visible.UNKNOWN]


def test_a_slot_that_nobody_owns(caches: Caches) -> None:
    places = Places(tuple(replace(one, slots=()) for one in caches.places.primaries), caches.places.memcached)
    found = look(places, caches.key("vm", "a"), "L1", "", nowhere)
    assert not found.entries and "owns this key's slot" in found.sick[0].cause


def test_a_fleet_without_caches() -> None:
    for text in ("vm:{acme}:a", "vm:*"):
        found = look(Places((), ()), text, "", "", nowhere)
        assert not found.entries and not found.sick
