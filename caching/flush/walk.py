"""What is asked of one primary in a walk over its keys, and what several walks did."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

import redis

from caching.clients.redis import RedisNode, explained
from caching.flush.topology import Primary
from caching.library.keys import escaped

COUNT = 1000
TIMEOUT = 5.0
# The node serves others for as long as it served the walk, at most this long after each batch.
LONGEST_REST = 0.05


@dataclass
class Tally:
    """What several walks did so far. `moved`: keys whose slot another node has; `refused`: what else was answered;
    `no_scripts`: what a node said that would not carry slices out itself; `limited`: it stopped at the limit;
    `longest_ms` of any slice, `mean_ms` of all."""

    looked: int = 0
    unlinked: int = 0
    moved: int = 0
    refused: str = ""
    no_scripts: str = ""
    limited: bool = False
    longest_ms: float = 0.0
    slices: int = 0
    ms: float = 0.0

    def __post_init__(self) -> None:
        self._lock = Lock()

    def add(self, looked: int = 0, unlinked: int = 0, moved: int = 0, refused: str = "", ms: float = 0.0) -> None:
        with self._lock:
            self.looked += looked
            self.unlinked += unlinked
            self.moved += moved
            self.refused = self.refused or refused
            self.longest_ms = max(self.longest_ms, ms)
            self.ms += ms
            self.slices += ms > 0

    @property
    def mean_ms(self) -> float:
        return self.ms / self.slices if self.slices else 0.0


def node_of(primary: Primary) -> RedisNode:
    return RedisNode(primary.target, TIMEOUT)


def batches(primary: Primary, pattern: str, stop: Event) -> Iterator[list[bytes]]:
    """The keys of a pattern, one SCAN's answer at a time (some empty), until the walk is round or stopped.
    Every key that is there from beginning to end comes at least once. CacheError when the node cannot answer."""
    link = node_of(primary).link
    cursor = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            answer: Any = link.scan(cursor, match=pattern, count=COUNT)
        except redis.RedisError as problem:
            raise explained(problem, TIMEOUT) from problem
        cursor, keys = answer
        yield keys
        if cursor == 0:
            return
        stop.wait(min(time.monotonic() - started, LONGEST_REST))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keys: those that begin with one of `prefixes` and those of `exact`, or else those of a `pattern` that begin
    with none of `kept`. `slot` when all of them lie in one."""

    prefixes: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    pattern: str = ""
    kept: tuple[str, ...] = ()
    slot: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """As scripts take them: what begins like this, and what is just this."""
        return (*(f"^{prefix}" for prefix in self.prefixes), *(f"={key}" for key in self.exact))

    @property
    def patterns(self) -> tuple[str, ...]:
        named = (*(f"{escaped(prefix)}*" for prefix in self.prefixes), *map(escaped, self.exact))
        return named or (self.pattern,)

    def has(self, key: bytes) -> bool:
        """Of a key that a SCAN by one of the patterns, or a look at the slot, has found."""
        text = key.decode(errors="replace")
        if self.words:
            return text.startswith(self.prefixes) or text in self.exact
        return not text.startswith(self.kept)


def unlink(primary: Primary, keys: list[bytes], tally: Tally) -> int:
    """One pipeline of single UNLINKs: the keys lie in many slots. How many are gone."""
    if not keys:
        return 0
    answers = _pipelined(primary, lambda pipe, key: pipe.unlink(key), keys)
    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    moved = sum(_elsewhere(answer) for answer in refusals)
    refused = next((str(answer) for answer in refusals if not _elsewhere(answer)), "")
    gone = sum(answer for answer in answers if isinstance(answer, int))
    tally.add(unlinked=gone, moved=moved, refused=refused)
    return gone


def milliseconds_left(primary: Primary, keys: list[bytes]) -> list[int | None]:
    """PTTL of each key; None for one that is gone or never expires."""
    answers = _pipelined(primary, lambda pipe, key: pipe.pttl(key), keys)
    return [answer if isinstance(answer, int) and answer >= 0 else None for answer in answers]


def in_slot(primary: Primary, slot: int, most: int) -> tuple[int, list[bytes]]:
    """How many keys a slot has, and the first of them. CacheError when the node cannot answer."""
    link: Any = node_of(primary).link
    try:
        count = link.execute_command("CLUSTER", "COUNTKEYSINSLOT", slot)
        return int(count), list(link.execute_command("CLUSTER", "GETKEYSINSLOT", slot, most))
    except redis.RedisError as problem:
        raise explained(problem, TIMEOUT) from problem


def sizes(primary: Primary, keys: list[bytes]) -> list[int]:
    """MEMORY USAGE of each key that is still there."""
    answers = _pipelined(primary, lambda pipe, key: pipe.memory_usage(key), keys)
    return [answer for answer in answers if isinstance(answer, int)]


def _pipelined(primary: Primary, command: Callable[[Any, bytes], object], keys: list[bytes]) -> list[Any]:
    """The answers in order; an error of one command is its answer."""
    if not keys:
        return []
    pipe = node_of(primary).link.pipeline(transaction=False)
    for key in keys:
        command(pipe, key)
    try:
        return list(pipe.execute(raise_on_error=False))
    except redis.RedisError as problem:
        raise explained(problem, TIMEOUT) from problem


def _elsewhere(answer: object) -> bool:
    """MOVED and ASK, and a node that has just become a replica."""
    return isinstance(answer, redis.exceptions.AskError | redis.exceptions.ReadOnlyError)
