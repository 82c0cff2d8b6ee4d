"""A look at the keys of one Redis primary: how many lie in which slots, and what a fair sample of them takes. Commands
of constant cost, in pipelines of a few hundred, so that no other client notices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from caching.clients.redis import RedisNode, explained
from caching.clients.redis_replies import SlotRange

BATCH = 500


@dataclass(frozen=True, slots=True)
class Measured:
    """`bytes` is MEMORY USAGE; `uses` is OBJECT FREQ, a logarithm of how often it is used, where it is kept."""

    key: str
    bytes: int
    uses: int | None = None


def keys_per_slot(node: RedisNode, ranges: Sequence[SlotRange]) -> dict[int, int]:
    """How many keys lie in each slot of these ranges: exact."""
    slots = [slot for part in ranges for slot in range(part.first, part.last + 1)]
    counts = pipelined(node, lambda pipe, slot: pipe.execute_command("CLUSTER COUNTKEYSINSLOT", slot), slots)
    return {slot: count for slot, count in zip(slots, counts, strict=True) if isinstance(count, int)}


def keys_in(node: RedisNode, slot: int, most: int) -> list[str]:
    """Some keys of one slot."""
    (found,) = pipelined(node, lambda pipe, _: pipe.execute_command("CLUSTER GETKEYSINSLOT", slot, most), [slot])
    return [_text(key) for key in found] if isinstance(found, list) else []


def random_keys(node: RedisNode, most: int) -> list[bytes]:
    """At most so many different keys, each as likely as any other."""
    found = pipelined(node, lambda pipe, _: pipe.execute_command("RANDOMKEY"), range(most))
    return list(dict.fromkeys(key for key in found if isinstance(key, bytes)))


def measured(node: RedisNode, keys: Sequence[bytes], uses: Mapping[bytes, int] | None = None) -> list[Measured]:
    """Those that are still there, in the order given."""
    sizes = pipelined(node, lambda pipe, key: pipe.execute_command("MEMORY USAGE", key), keys)
    known = uses or {}
    rows = zip(keys, sizes, strict=True)
    return [Measured(_text(key), size, known.get(key)) for key, size in rows if isinstance(size, int)]


def uses_of(node: RedisNode, keys: Sequence[bytes]) -> dict[bytes, int]:
    """How much each is used, of those that are still there; empty where the policy is not LFU, as the server then
    refuses to say."""
    answers = pipelined(node, lambda pipe, key: pipe.execute_command("OBJECT FREQ", key), keys)
    return {key: answer for key, answer in zip(keys, answers, strict=True) if isinstance(answer, int)}


def pipelined(node: RedisNode, command: Callable[[Any, Any], object], items: Sequence[Any]) -> list[Any]:
    """The answers in order; an error of one command is its answer. CacheError when the node cannot be asked."""
    return [answer for batch in _batches(items) for answer in _one_pipeline(node, command, batch)]


def _one_pipeline(node: RedisNode, command: Callable[[Any, Any], object], items: Sequence[Any]) -> list[Any]:
    pipe = node.link.pipeline(transaction=False)
    for item in items:
        command(pipe, item)
    try:
        return list(pipe.execute(raise_on_error=False))
    except redis.RedisError as problem:
        raise explained(problem, node.timeout, node.tls) from problem


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def _text(key: bytes | str) -> str:
    return key.decode(errors="replace") if isinstance(key, bytes) else key
