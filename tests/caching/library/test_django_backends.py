"""What Django promises of a cache, kept by both backends on real servers."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.cache.backends.base import InvalidCacheKey
from django.core.exceptions import ImproperlyConfigured

from caching.library.django_backends.base import StoreCache, addresses
from caching.library.django_backends.memcached import MemcachedCache
from caching.library.django_backends.redis_cluster import RedisClusterCache
from tests.caching.library.conftest import Server
from tests.caching.library.login import Login
from tests.ports import free_port
from tests.waiting import wait_for

Make = Callable[..., StoreCache]


@pytest.fixture(params=["redis", "memcached"])
def make(request: pytest.FixtureRequest, login: Login, memcached: list[Server]) -> Make:
    """`make(KEY_PREFIX="x")`: a cache of its own."""
    nodes = [f"{host}:{port}" for host, port in login.nodes]
    options = {"username": login.username, "password": login.password}

    def made(**params: Any) -> StoreCache:
        params = {"KEY_PREFIX": str(uuid4()), **params}
        if request.param == "redis":
            return RedisClusterCache(nodes, {"OPTIONS": options, **params})
        return MemcachedCache([f"127.0.0.1:{port}" for _, port in memcached], params)

    return made


@pytest.fixture
def cache(make: Make) -> Iterator[StoreCache]:
    found = make()
    yield found
    found.clear()


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize("value", [0, 17, -3, True, None, "text", b"\xff\x00", 1.5, [1, {"a": (2,)}], "12", b"12"])
def test_what_goes_in_comes_out(cache: StoreCache, value: object) -> None:
    cache.set("key", value)
    found = cache.get("key", "nothing")
    assert found == value and type(found) is type(value)


def test_objects_of_ones_own(cache: StoreCache) -> None:
    cache.set("key", Thing("x"))
    assert cache.get("key").name == "x"
    assert cache.get("other") is None and cache.get("other", 7) == 7


def test_none_that_is_kept_is_there(cache: StoreCache) -> None:
    cache.set("key", None)
    assert "key" in cache and cache.has_key("key")
    assert cache.get("key", "default") is None
    assert cache.get_or_set("key", "new") is None
    assert cache.get_or_set("other", lambda: "new") == "new"


def test_add_sets_only_what_is_not_there(cache: StoreCache) -> None:
    assert cache.add("key", 1) is True
    assert cache.add("key", 2) is False
    assert cache.get("key") == 1


def test_delete_says_whether_there_was_one(cache: StoreCache) -> None:
    cache.set("key", 1)
    assert [cache.delete("key"), cache.delete("key"), "key" in cache] == [True, False, False]


def test_numbers_are_counted_where_they_lie(cache: StoreCache) -> None:
    cache.set("number", 41)
    assert cache.incr("number") == 42
    assert cache.incr("number", 10) == 52
    assert cache.decr("number", 2) == 50
    assert cache.incr("number", -5) == 45
    assert cache.get("number") == 45
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")
    with pytest.raises(ValueError, match="not found"):
        cache.decr("nothing")
    cache.set("text", "x")
    with pytest.raises(ValueError, match="not a whole number"):
        cache.incr("text")


def test_many_at_once(cache: StoreCache) -> None:
    assert cache.set_many({f"k{number}": number for number in range(50)}) == []
    assert cache.get_many([f"k{number}" for number in range(60)]) == {f"k{number}": number for number in range(50)}
    cache.delete_many([f"k{number}" for number in range(49)])
    assert cache.get_many(f"k{number}" for number in range(60)) == {"k49": 49}
    assert cache.get_many([]) == {}


def test_versions_are_apart(cache: StoreCache) -> None:
    cache.set("key", "one")
    cache.set("key", "two", version=2)
    assert [cache.get("key"), cache.get("key", version=2), cache.get("key", version=3)] == ["one", "two", None]
    assert cache.incr_version("key", 5) == 6
    assert [cache.get("key"), cache.get("key", version=6)] == [None, "one"]
    assert cache.decr_version("key", version=6) == 5
    with pytest.raises(ValueError, match="not found"):
        cache.incr_version("nothing")


def test_prefixes_are_apart_also_when_one_is_cleared(make: Make) -> None:
    one, other = make(), make()
    one.set("key", "one")
    other.set("key", "other")
    one.clear()
    assert [one.get("key"), other.get("key")] == [None, "other"]
    one.set("key", "again")
    assert one.get("key") == "again"
    other.clear()


def test_another_process_knows_a_clear_soon(make: Make) -> None:
    one, other = make(KEY_PREFIX="same"), make(KEY_PREFIX="same")
    one.set("key", 1)
    assert other.get("key") == 1
    one.clear()
    wait_for(lambda: other.get("key") is None, "the other to know")


@pytest.mark.parametrize("timeout", [0, -1, -0.5])
def test_no_time_is_no_life(cache: StoreCache, timeout: float) -> None:
    cache.set("key", "x", timeout=60)
    cache.set("key", "x", timeout=timeout)
    assert cache.get("key") is None


def test_times(cache: StoreCache, make: Make) -> None:
    for timeout in (None, 60, 0.5, 60 * 24 * 3600):
        cache.set("key", "x", timeout=timeout)
        assert cache.get("key") == "x", timeout
    short = make(TIMEOUT=1)
    short.set("key", "x")
    short.set("lasting", "x", timeout=None)
    wait_for(lambda: short.get("key") is None, "its end")
    assert short.get("lasting") == "x"


def test_touch_gives_more_time(cache: StoreCache) -> None:
    def touched(key: str, timeout: float | None) -> bool:
        """On a busy machine its first time may be over before."""
        cache.set(key, "x", timeout=2)
        return bool(cache.touch(key, timeout=timeout))

    wait_for(lambda: touched("key", 600) and touched("lasting", None), "time that lasts")
    assert not cache.touch("nothing")
    cache.set("gone", "x", timeout=2)
    wait_for(lambda: cache.get("gone") is None, "the end of another")
    assert [cache.get("key"), cache.get("lasting")] == ["x", "x"]
    assert cache.touch("key", timeout=0)
    assert cache.get("key") is None


def test_keys_of_any_language(make: Make) -> None:
    cache = make(KEY_FUNCTION=lambda key, prefix, version: f"{prefix}:{version}:{key.encode().hex()}")
    cache.set("ключ mit Raum", "x")
    assert cache.get("ключ mit Raum") == "x"


def test_memcached_says_which_keys_it_refuses(memcached: list[Server]) -> None:
    cache = MemcachedCache(f"127.0.0.1:{memcached[0][1]}", {})
    for key in ("with space", "x" * 251):
        with pytest.raises(InvalidCacheKey):
            cache.set(key, 1)


def test_a_key_as_long_as_django_allows(make: Make) -> None:
    cache = make(KEY_PREFIX="")
    cache.set("x" * 240, "long")
    assert cache.get("x" * 240) == "long"


def test_asked_from_a_loop(cache: StoreCache) -> None:
    async def work() -> object:
        await cache.aset("key", 1)
        await cache.aincr("key")
        return await cache.aget("key")

    assert async_to_sync(work)() == 2


@pytest.mark.parametrize("kind", [RedisClusterCache, MemcachedCache])
def test_dead_servers_are_misses(kind: type[StoreCache]) -> None:
    cache = kind(f"127.0.0.1:{free_port()}", {})
    cache.set("key", 1)
    assert cache.get("key", "default") == "default"
    assert cache.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert not cache.add("key", 1) and not cache.touch("key") and not cache.delete("key") and "key" not in cache
    assert cache.get_or_set("key", lambda: "made") == "made"
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")
    cache.clear()
    cache.close()


def test_locations() -> None:
    assert addresses("a:1,b:2; c:3") == [("a", 1), ("b", 2), ("c", 3)]
    assert addresses(["[::1]:4"]) == [("::1", 4)]
    wrong: str
    for wrong in ("", "host", "host:x"):
        with pytest.raises(ImproperlyConfigured):
            addresses(wrong)
