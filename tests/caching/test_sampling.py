"""Looking at the keys of a real primary, and the picture of what lies where."""

from caching.browser.places import slot_of
from caching.facts import FamilyKeysFacts
from caching.key_probes import ask_redis_keys, common_tag, slot_parts
from caching.sampling import keys_in, keys_per_slot, measured, random_keys, uses_of
from caching.slot_keys import slot_keys
from tests.caching.browser.conftest import Caches, caches  # noqa: F401 (a fixture)


def test_a_sample_of_a_real_primary(caches: Caches) -> None:  # noqa: F811
    for number in range(30):
        caches.put(caches.key("vm", f"n{number}"), "x" * 2000)
    owner = caches.places.primary_of(caches.key("vm", "n0"))
    assert owner is not None
    slots = keys_per_slot(owner.node, owner.slots)
    slot = slot_of(caches.key("vm", "n0"))
    # Keys of other tenants may lie in the same slot.
    mine = [key for key in keys_in(owner.node, slot, 100) if caches.tenant in key]
    assert slots[slot] >= len(mine) == 30
    assert common_tag(mine) == caches.tenant
    assert random_keys(owner.node, 50)
    name = caches.key("vm", "n0").encode()
    (one,) = measured(owner.node, [name, b"gone"])
    assert one.bytes > 2000 and uses_of(owner.node, [name]) == {}  # its policy is not LFU
    facts = ask_redis_keys(owner.target).facts
    assert isinstance(facts, FamilyKeysFacts)
    assert sum(facts.slot_parts) == facts.total and facts.big and facts.full_slots[0].keys >= 30


def test_keys_over_slots_are_columns_on_top_of_each_other() -> None:
    drawn = slot_keys([("redis-1", 1, (2, 4)), ("redis-2", 2, (2, 0))])
    assert (drawn.total, drawn.most, drawn.uneven) == (8, 4, 1.0)
    assert [(one.series, one.x, one.height) for one in drawn.columns] == [(1, 0, 32), (2, 0, 32), (1, 50, 64)]
    assert drawn.columns[0].title == "redis-1: 2 keys in slots 0 to 8191"


def test_no_keys_are_no_picture() -> None:
    assert slot_keys([]).columns == () and slot_keys([("redis-1", 1, (0, 0))]).uneven is None
    assert sum(slot_parts({0: 1, 127: 2, 128: 4, 16_383: 8})) == 15 and slot_parts({128: 4})[1] == 4
