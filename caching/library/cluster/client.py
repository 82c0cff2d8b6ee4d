"""The cluster as a whole: which node has a slot, and what to do when it is another one."""

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import Any

from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from caching.library.cluster.connection import pack
from caching.library.cluster.node import Node
from caching.library.exceptions import Unavailable
from caching.library.tls import Tls

SLOTS = 16_384
REDIRECTS = 4
LOOK_AGAIN = 0.5  # seconds between two looks at who has which slot
ASKING, CLUSTER_SLOTS = pack("ASKING"), pack("CLUSTER", "SLOTS")
# The node does not lead the slot, or nobody does.
LEADERLESS = (ClusterDownError, MasterDownError, ReadOnlyError)
Address = tuple[str, int]


class SplitSlot(Unavailable):
    """The slot is on the move, and the keys of one command lie on both nodes: each can be asked for alone."""


class Refused(Unavailable):
    """Redis answered, and the answer is no: a value of another kind, no memory left."""


class Cluster:
    """For any number of threads, and for processes forked from this one. `Unavailable` is all that it raises."""

    def __init__(
        self, nodes: Sequence[Address], username: str = "", password: str = "", tls: Tls | None = None
    ) -> None:
        self._first, self._login = tuple(nodes), (username, password, tls)
        self._nodes: dict[Address, Node] = {}
        self._owners: list[Node | None] = []
        self._look_at, self._doubtful = 0.0, True
        self._lock = Lock()

    def ask(self, slot: int, packed: bytes) -> Any:
        """One command about keys of the slot."""
        return self.ask_all(slot, packed, 1)[0]

    def ask_all(self, slot: int, packed: bytes, answers: int) -> list[Any]:
        """Several on one connection, after one another; the first error that is answered is raised."""
        asked_for: Node | None = None
        for _ in range(REDIRECTS):
            node = asked_for or self.owner(slot)
            try:
                found = self._talk(node, packed, answers, asked_for is not None)
            except Unavailable:
                self._doubtful = True
                raise
            error = next((one for one in found if isinstance(one, ResponseError)), None)
            if error is None:
                return found
            asked_for = self._redirected(node, slot, error)
        raise Unavailable(f"Slot {slot} is sent from node to node.")

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        """GETs to each node in one round trip; keys of nodes that do not answer are missing."""
        parts: dict[Node, list[str]] = {}
        for key in keys:
            with suppress(Unavailable):
                parts.setdefault(self.owner(slot_of(key)), []).append(key)
        found: dict[str, bytes | None] = {}
        for node, part in parts.items():
            with suppress(Unavailable):
                answers = node.talk(b"".join([pack("GET", key) for key in part]), len(part))
                found.update(zip(part, answers, strict=True))
        return found | {key: self._again(key) for key, one in found.items() if isinstance(one, ResponseError)}

    def _again(self, key: str) -> bytes | None:
        """A key whose slot has moved."""
        with suppress(Unavailable):
            answer: bytes | None = self.ask(slot_of(key), pack("GET", key))
            return answer
        return None

    def owner(self, slot: int) -> Node:
        if self._doubtful:
            self._look()
        found = self._owners[slot] if self._owners else None
        if found is None:
            self._doubtful = True
            raise Unavailable(f"No node serves slot {slot}.")
        return found

    def primaries(self) -> list[Node]:
        """All that serve slots, as far as is known."""
        if self._doubtful:
            self._look()
        return list({id(node): node for node in self._owners if node is not None}.values())

    def has_replica(self, slot: int) -> bool:
        """As the slot's node knows it now: a replica that the cluster has given up is not one."""
        node = self.owner(slot)
        [shown] = node.talk(CLUSTER_SLOTS)
        return any(len(part) > 3 for part in shown if part[0] <= slot <= part[1])

    def close(self) -> None:
        for node in list(self._nodes.values()):
            node.close()

    def _talk(self, node: Node, packed: bytes, answers: int, asking: bool) -> list[Any]:
        if not asking:
            return node.talk(packed, answers)
        if answers > 1:  # ASKING holds for one command only
            raise SplitSlot("The slot is on the move.")
        return node.talk(ASKING + packed, 2)[1:]

    def _redirected(self, node: Node, slot: int, error: ResponseError) -> Node | None:
        """Whom to ask instead; None for the slot's owner, who may be another one now."""
        if isinstance(error, MovedError):
            self._owners[slot] = self._node(error.host or node.host, int(error.port))
            self._doubtful = True
            return None
        if isinstance(error, AskError):
            return self._node(error.host or node.host, int(error.port))
        if isinstance(error, TryAgainError):
            raise SplitSlot(f"Slot {slot} is on the move.")
        if isinstance(error, LEADERLESS):
            self._doubtful = True
            raise Unavailable(f"{node.name}: {error}")
        raise Refused(f"{node.name}: {error}") from error

    def _look(self) -> None:
        """Ask who has which slot; one thread at a time, while the others go on with what is known."""
        if self._owners and time.monotonic() < self._look_at:
            return
        if not self._lock.acquire(blocking=not self._owners):
            return
        try:
            if self._doubtful and time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + LOOK_AGAIN
                self._owners = self._asked()
                self._doubtful = False
        finally:
            self._lock.release()

    def _asked(self) -> list[Node | None]:
        said = [f"{host}:{port}" for host, port in self._first]
        for address in dict.fromkeys((*self._nodes, *self._first)):
            node = self._node(*address)
            try:
                [shown] = node.talk(CLUSTER_SLOTS)
            except Unavailable:
                continue
            if isinstance(shown, list) and shown:
                return self._owners_in(shown, node)
        if self._owners:
            return self._owners
        raise Unavailable(f"No node of the cluster answers: {', '.join(said)}.")

    def _owners_in(self, shown: list[Any], told_by: Node) -> list[Node | None]:
        owners: list[Node | None] = [None] * SLOTS
        for first, last, (host, port, *_), *_ in shown:  # no host: the same as the node that was asked
            node = self._node((host or b"").decode() or told_by.host, port)
            owners[first : last + 1] = [node] * (last - first + 1)
        return owners

    def _node(self, host: str, port: int) -> Node:
        known = self._nodes.get((host, port))
        if known is None:
            known = self._nodes.setdefault((host, port), Node(host, port, *self._login))
        return known


def slot_of(key: str) -> int:
    """By the part in braces, as Redis does it."""
    start = key.find("{")
    end = key.find("}", start + 1) if start >= 0 else -1
    return _slot(key[start + 1 : end] if end > start + 1 else key)


@lru_cache(maxsize=100_000)
def _slot(text: str) -> int:
    return int(key_slot(text.encode()))
