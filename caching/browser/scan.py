"""Searching L1: every primary is walked in slices, for a short time and up to a number of keys; where it stopped is
kept, so that the search can go on from there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from redis.crc import key_slot

from caching.browser.places import Places, Primary, Sick, ask_all
from caching.clients.redis import explained

FIRST_SLICE, LARGEST_SLICE = 50, 2000  # keys that one SCAN looks at: more and more as long as few are found
SECONDS = 0.6  # for all slices of one primary
MOST_FOUND = 40  # on one primary


@dataclass(frozen=True, slots=True)
class Walk:
    """`cursor` is 0 when the walk is round."""

    keys: tuple[str, ...]
    looked: int
    cursor: int


@dataclass(frozen=True, slots=True)
class Search:
    """`after` says where each primary's walk goes on; empty when all are round."""

    keys: tuple[tuple[Primary, str], ...]
    looked: int
    after: str
    sick: tuple[Sick, ...]


def search(places: Places, pattern: str, after: str = "") -> Search:
    """The next keys that match; `after` is that of the search before."""
    begun = cursors(after)
    several = [one for one in _asked(places, pattern) if not after or one.target.name in begun]
    walks, sick = ask_all(several, _name, lambda one: walk(one, pattern, begun.get(_name(one), 0)))
    found = [(one, key) for one in several if _name(one) in walks for key in walks[_name(one)].keys]
    return Search(tuple(found), sum(one.looked for one in walks.values()), _after(walks), sick)


def walk(primary: Primary, pattern: str, cursor: int) -> Walk:
    """CacheError when the node cannot answer. Between slices it rests as long as a slice took."""
    node, until = primary.node, time.monotonic() + SECONDS
    found: dict[str, None] = {}
    looked, size = 0, FIRST_SLICE
    while True:
        started = time.monotonic()
        try:
            answer: Any = node.link.scan(cursor, match=pattern, count=size)
        except redis.RedisError as problem:
            raise explained(problem, node.timeout, node.tls) from problem
        cursor, keys = answer
        looked += size
        found |= dict.fromkeys(key.decode(errors="replace") for key in keys)
        size = min(LARGEST_SLICE, size * 2) if len(found) < MOST_FOUND // 4 else size
        if not cursor or len(found) >= MOST_FOUND or time.monotonic() > until:
            return Walk(tuple(found), looked, cursor)
        time.sleep(time.monotonic() - started)


def cursors(after: str) -> dict[str, int]:
    """`redis-1:42,redis-2:7`; what is not of this form is left out."""
    pairs = (part.rpartition(":") for part in after.split(",") if part)
    return {name: int(cursor) for name, _, cursor in pairs if name and cursor.isascii() and cursor.isdigit()}


def _after(walks: Mapping[str, Walk]) -> str:
    return ",".join(f"{name}:{one.cursor}" for name, one in walks.items() if one.cursor)


def _asked(places: Places, pattern: str) -> list[Primary]:
    """One alone where the pattern's hash tag is plain: all that can match lies in one slot."""
    before, mark, rest = pattern.partition("{")
    tag, end, _ = rest.partition("}")
    if not mark or not end or not tag or any(sign in before + tag for sign in "*?[\\"):
        return list(places.primaries)
    slot = int(key_slot(f"{{{tag}}}".encode()))
    return [one for one in places.primaries if one.owns(slot)] or list(places.primaries)


def _name(primary: Primary) -> str:
    return primary.target.name
