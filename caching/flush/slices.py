"""Slices of a flush that a primary carries out itself: scripts that UNLINK what they find, for a few milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any

import redis

from caching.clients.redis import RedisNode, explained, passing

FOLDER = Path(__file__).parent
BY_SCAN, BY_SLOT = "by_scan.lua", "by_slot.lua"


class NoScripts(Exception):
    """The node refuses scripts, or this one; what it said. Pipelines do the same, more slowly."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: keys looked at, about; keys unlinked; keys that another node has; what else Redis refused; ms
    that the node was busy with it, 0 where it cannot tell."""

    looked: int
    unlinked: int
    elsewhere: int
    refused: str
    ms: float


@cache
def script(name: str) -> tuple[str, str]:
    """A script and its SHA-1, by which nodes know it."""
    text = (FOLDER / name).read_text()
    return text, sha1(text.encode(), usedforsecurity=False).hexdigest()


def scan_slice(
    node: RedisNode, cursor: int, pattern: str, count: int, most: int, kept: tuple[str, ...] = ()
) -> tuple[Slice, int, bool]:
    """What it did, the cursor of the next one, and whether the walk is round. Raises NoScripts where the node will not
    have it, CacheError when it cannot answer."""
    answer = _carried_out(node, BY_SCAN, cursor, pattern, count, most, *kept)
    following, early, unlinked, elsewhere, refused, microseconds = answer
    made = Slice(count, unlinked, elsewhere, _text(refused), microseconds / 1000)
    return made, int(following), int(following) == 0 and not early


def slot_slice(
    node: RedisNode, slots: Sequence[int], words: tuple[str, ...], count: int, most: int
) -> tuple[Slice, int, list[int]]:
    """What it did, how many of the slots are done with, and which of these hold too much else. `words` are what keys
    begin with, after ^, and whole keys, after =. Raises as the other."""
    answer = _carried_out(node, BY_SLOT, count, most, len(slots), *slots, *words)
    done, crowded, looked, unlinked, elsewhere, refused, microseconds = answer
    made = Slice(looked, unlinked, elsewhere, _text(refused), microseconds / 1000)
    return made, done, [int(slot) for slot in crowded]


def _carried_out(node: RedisNode, name: str, *words: str | int) -> Any:
    text, known_as = script(name)
    answer = _asked(node, "EVALSHA", known_as, 0, *words)
    if isinstance(answer, redis.exceptions.NoScriptError):
        answer = _asked(node, "EVAL", text, 0, *words)
    if isinstance(answer, redis.ResponseError):
        if passing(str(answer)):
            raise explained(answer, node.timeout)
        raise NoScripts(str(answer))
    return answer


def _asked(node: RedisNode, *words: str | int) -> Any:
    """The answer, also where it is a refusal. ASKING lets the script unlink also what has arrived here of a slot that
    is still moving to this node. Both are sent at once, past redis-py's pipeline, which takes as long as a slice."""
    pool: Any = node.link.connection_pool
    connection = None
    try:
        connection = pool.get_connection()
        connection.send_packed_command(connection.pack_commands([("ASKING",), words]))
        _, answer = _read(connection), _read(connection)
    except redis.RedisError as problem:
        raise explained(problem, node.timeout) from problem
    finally:
        if connection:
            pool.release(connection)
    return answer


def _read(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as problem:
        return problem


def _text(said: bytes) -> str:
    return said.decode(errors="replace")
