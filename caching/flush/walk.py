"""Walking one primary: SCAN for a family's keys and UNLINK them in pipelines, resting as long as it worked."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

import redis

from caching.clients.redis import RedisNode, explained
from caching.flush.topology import Primary

COUNT = 1000
TIMEOUT = 5.0
# The node serves others for as long as it served the walk, at most this long after each batch.
LONGEST_REST = 0.05


@dataclass
class Tally:
    """What several walks did so far. `moved`: keys whose slot another node has; `refused`: what else was answered."""

    looked: int = 0
    unlinked: int = 0
    moved: int = 0
    refused: str = ""

    def __post_init__(self) -> None:
        self._lock = Lock()

    def add(self, looked: int = 0, unlinked: int = 0, moved: int = 0, refused: str = "") -> None:
        with self._lock:
            self.looked += looked
            self.unlinked += unlinked
            self.moved += moved
            self.refused = self.refused or refused


def node_of(primary: Primary) -> RedisNode:
    return RedisNode(primary.target, TIMEOUT)


def batches(primary: Primary, prefix: str, stop: Event) -> Iterator[list[bytes]]:
    """The keys that begin with `prefix`, one SCAN's answer at a time (some empty), until the walk is round or stopped.
    Every key that is there from beginning to end comes at least once. CacheError when the node cannot answer."""
    link = node_of(primary).link
    cursor = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            answer: Any = link.scan(cursor, match=f"{escaped(prefix)}*", count=COUNT)
        except redis.RedisError as problem:
            raise explained(problem, TIMEOUT) from problem
        cursor, keys = answer
        yield keys
        if cursor == 0:
            return
        stop.wait(min(time.monotonic() - started, LONGEST_REST))


def unlink_all(primary: Primary, prefix: str, tally: Tally, stop: Event) -> None:
    for keys in batches(primary, prefix, stop):
        unlink(primary, keys, tally)
        tally.add(looked=COUNT)


def unlink(primary: Primary, keys: list[bytes], tally: Tally) -> None:
    """One pipeline of single UNLINKs: the keys lie in many slots."""
    if not keys:
        return
    answers = _pipelined(primary, lambda pipe, key: pipe.unlink(key), keys)
    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    moved = sum(_elsewhere(answer) for answer in refusals)
    refused = next((str(answer) for answer in refusals if not _elsewhere(answer)), "")
    tally.add(unlinked=sum(answer for answer in answers if isinstance(answer, int)), moved=moved, refused=refused)


def milliseconds_left(primary: Primary, keys: list[bytes]) -> list[int | None]:
    """PTTL of each key; None for one that is gone or never expires."""
    answers = _pipelined(primary, lambda pipe, key: pipe.pttl(key), keys)
    return [answer if isinstance(answer, int) and answer >= 0 else None for answer in answers]


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


def escaped(prefix: str) -> str:
    return "".join(f"\\{mark}" if mark in "*?[]\\^-" else mark for mark in prefix)
