"""Which place holds, by who told it and in which order."""

import pytest

from shards.placement.place_cache import PlaceCache
from shards.placement.places import Place

FIRST = Place("red", "shard-1", 1, schema_name="t_red", shard_state="readonly")


def ask(cache: PlaceCache, told: Place | None) -> Place | None:
    with cache.asking("red") as answer:
        answer.place = told
    return answer.place


def ask_in_vain(cache: PlaceCache) -> Place | None:
    with cache.asking("red") as answer:
        raise ConnectionError("the control database is away")
    return answer.place


def test_who_has_left_a_shard_is_known_to_be_at_the_next() -> None:
    cache = PlaceCache(seconds=60)
    cache.learn("red", "shard-2", 2)
    assert cache.get("red") is None
    assert ask(cache, FIRST) == cache.get("red") == FIRST
    cache.learn("red", "shard-2", 2)
    moved = Place("red", "shard-2", 2, schema_name="t_red", shard_state="active")
    assert cache.get("red") == moved and cache.knows_newer(FIRST)
    cache.learn("red", "shard-3", 1)
    assert ask(cache, FIRST) == moved


def test_what_the_shard_refuses_is_what_the_source_says() -> None:
    """Also a lower epoch, after a control database was restored."""
    cache = PlaceCache(seconds=60)
    later = Place("red", "shard-2", 5)
    ask(cache, later)
    cache.distrust(FIRST)
    assert cache.get("red") == later
    cache.distrust(later)
    assert cache.get("red") is None and ask(cache, FIRST) == FIRST


def test_the_last_known_place_goes_on_when_nobody_answers() -> None:
    cache = PlaceCache(seconds=60)
    with pytest.raises(ConnectionError):
        ask_in_vain(cache)
    ask(cache, FIRST)
    cache.forget("red")
    assert cache.get("red") is None and ask_in_vain(cache) == FIRST
    assert ask(cache, None) is None and cache.get("red") is None
