"""Flushing a prefix of the Redis Cluster, as `cache-flush` does it at its own pace, beside what one does by hand: on
each primary, all at once, `redis-cli --scan` into `redis-cli --pipe`. Both unlink the same keys, filled anew.

Meanwhile another process reads a key of each primary once a millisecond, as an application does that is not in a hurry:
its p99 during the flush beside that of the seconds right before. Rounds alternate; medians count. In the end processes
that only compute keep as many cores busy as the flush did: that part of what others feel is the machine's."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from threading import Event

from django_tenants.utils import schema_context
from redis.crc import key_slot

from benchmarks.burners import burn, processor_seconds
from benchmarks.environment import FLEET, Environment
from caching.clients.redis import RedisNode
from caching.clients.redis_replies import SlotRange
from caching.console_tiers import tiers_of
from caching.flush.pace import MANNERS, MannerName, Pace
from caching.flush.topology import Primary, primaries
from caching.flush.unlinking import Errand, unlink_everywhere
from caching.flush.walk import Wanted
from novaops.fleets.models import Fleet
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from novaops.operations.contract import StepContext

KEYS = 1_000_000
ROUNDS = 3
PREFIX = "bench:"
QUIET_SECONDS, BURN_SECONDS = 3.0, 3.0
TENANT, ENTRIES, BUMPS = "big", 5_000, 200
HAND = "redis-cli {at} --scan --pattern '{prefix}*' | sed 's/^/UNLINK /' | redis-cli {at} --pipe"
Way = Callable[[tuple[Primary, ...]], float]
NOBODY = StepContext(0, 0, {}, lambda done, total, note: None, lambda line: None)


def main(environment: Environment) -> dict[str, object]:
    described = reading.read(environment.state / "fleet.yml").model_copy(update={"fleet": FLEET, "name": FLEET})
    import_fleet(described, environment.state)
    with schema_context(f"fleet_{FLEET}"):
        found = primaries()
        with _room(found):
            figures = {**_compare(found), **_bumps()}
    return {**figures, **_invalidation(environment)}


def _bumps() -> dict[str, object]:
    """A tenant with many entries in both tiers is made invisible; none of them is served afterwards."""
    tiers = tiers_of(Fleet.objects.get(slug=FLEET))
    for number in range(ENTRIES):
        tiers.get_or_compute("vm", TENANT, str(number), partial(str, "before"))
    took = []
    for _ in range(BUMPS):
        began = time.perf_counter()
        tiers.invalidate_tenant(TENANT)
        took.append((time.perf_counter() - began) * 1000)
    seen = [tiers.get_or_compute("vm", TENANT, str(number), partial(str, "after")) for number in range(ENTRIES)]
    tiers.close()
    if "before" in seen:
        raise RuntimeError("An entry from before the bump was served after it.")
    took.sort()
    return {
        "bump_ms": round(statistics.median(took), 2),
        "bump_p99_ms": round(took[int(len(took) * 0.99)], 2),
        "bump_entries": ENTRIES,
    }


def _invalidation(environment: Environment) -> dict[str, object]:
    """From a commit to invisible, through the change stream, where this console has one."""
    if find_spec("benchmarks.invalidation") is None:
        return {}
    return dict(import_module("benchmarks.invalidation").measure(environment))


def ours(found: tuple[Primary, ...], manner: MannerName = "normal") -> float:
    """The longest slice, in ms."""
    errand = Errand(Wanted((PREFIX,)), "of the benchmark", Pace(manner=manner))
    return unlink_everywhere(NOBODY, errand)[0].longest_ms


def by_hand(found: tuple[Primary, ...]) -> float:
    running = [
        subprocess.Popen(
            ["sh", "-c", HAND.format(at=_at(one), prefix=PREFIX)], env=_login(one), stdout=subprocess.DEVNULL
        )
        for one in found
    ]
    if any(process.wait() for process in running):
        raise RuntimeError("redis-cli did not end well.")
    return 0.0


@dataclass(frozen=True, slots=True)
class _Round:
    """Seconds, the longest slice in ms, the others' p99 in ms before and during it, and cores that it kept busy."""

    seconds: float
    slowest: float
    quiet: float
    busy: float
    cores: float


def _compare(found: tuple[Primary, ...]) -> dict[str, object]:
    ways: dict[str, Way] = {"flush": ours, "by_hand": by_hand}
    ways |= {name: partial(ours, manner=name) for name in MANNERS if name != "normal"}
    rounds: dict[str, list[_Round]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, flush in ways.items():
            _fill(found)
            rounds[name].append(_beside_others(found, flush))
            if left := sum(RedisNode(one.target).size() for one in found) - len(found):
                raise RuntimeError(f"{left} keys were left.")
    cores = statistics.median(one.cores for one in rounds["flush"])
    rounds["computing"] = [_beside_others(found, partial(_computing, cores)) for _ in range(ROUNDS)]
    told = {name: _told(name, some) for name, some in rounds.items()}
    return {
        "flush_speedup": round(_seconds(rounds["by_hand"]) / _seconds(rounds["flush"]), 2),
        **{key: figure for some in told.values() for key, figure in some.items()},
        "flush_cores": round(cores, 2),
        "longest_slice_ms": round(max(one.slowest for one in rounds["flush"]), 2),
        "keys": KEYS,
    }


def _computing(cores: float, found: tuple[Primary, ...]) -> float:
    """No flush at all: as many cores are kept busy for as long by what has nothing to do with Redis."""
    burn(cores, BURN_SECONDS)
    return 0.0


def _seconds(some: list[_Round]) -> float:
    return statistics.median(one.seconds for one in some)


def _told(name: str, some: list[_Round]) -> dict[str, object]:
    quiet, busy = (statistics.median(found) for found in zip(*((one.quiet, one.busy) for one in some), strict=True))
    return {
        f"{name}_other_p99_ratio": round(busy / quiet, 2),
        f"{name}_other_p99_ms": round(busy, 2),
        f"{name}_quiet_p99_ms": round(quiet, 2),
        f"{name}_seconds": round(_seconds(some), 2),
    }


def _beside_others(found: tuple[Primary, ...], flush: Way) -> _Round:
    asked = json.dumps([(one.target.host, one.target.port, one.target.login.password, _key_on(one)) for one in found])
    command = [sys.executable, "-m", "benchmarks.other_clients", asked]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        reader.stdout.readline()
        Event().wait(QUIET_SECONDS)
        reader.stdin.write("now\n")
        began, busy_before = time.perf_counter(), processor_seconds()
        slowest = flush(found)
        passed, worked = time.perf_counter() - began, processor_seconds() - busy_before
        reader.stdin.write("end\n")
        quiet, busy = json.loads(reader.stdout.readline())
    return _Round(passed, slowest, quiet, busy, worked / passed)


def _fill(found: tuple[Primary, ...]) -> None:
    """Straight into the nodes, each key where its slot is."""
    ranges = [(part.first, part.last, one) for one in found for part in _slots(one)]
    owner = {slot: one for first, last, one in ranges for slot in range(first, last + 1)}
    lines: dict[Primary, bytearray] = {one: bytearray() for one in found}
    for number in range(KEYS):
        key = f"{PREFIX}{number}".encode()
        lines[owner[key_slot(key)]] += b"SET %b wrong\r\n" % key
    for one, sent in lines.items():
        command = f"redis-cli {_at(one)} --pipe"
        subprocess.run(command.split(), input=bytes(sent), env=_login(one), stdout=subprocess.DEVNULL, check=True)


def _slots(one: Primary) -> Iterator[SlotRange]:
    for node in RedisNode(one.target).nodes():
        if node.id == one.node_id:
            yield from node.slots


def _key_on(one: Primary) -> str:
    ranges = list(_slots(one))
    keys = (f"read:{number}" for number in range(100_000))
    key = next(key for key in keys if any(part.first <= key_slot(key.encode()) <= part.last for part in ranges))
    RedisNode(one.target).link.set(key, "right")
    return key


@contextmanager
def _room(found: tuple[Primary, ...]) -> Iterator[None]:
    """Nothing is evicted meanwhile, and nothing is left."""
    before = {one: RedisNode(one.target).link.config_get("maxmemory")["maxmemory"] or 0 for one in found}
    for one in found:
        RedisNode(one.target).link.config_set("maxmemory", 0)
        RedisNode(one.target, 60).link.flushall()
    try:
        yield
    finally:
        for one in found:
            RedisNode(one.target, 60).link.flushall()
            RedisNode(one.target).link.config_set("maxmemory", before[one])


def _at(one: Primary) -> str:
    return f"-h {one.target.host} -p {one.target.port}"


def _login(one: Primary) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "REDISCLI_AUTH": one.target.login.password}
