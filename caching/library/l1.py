"""Redis Cluster as a store of bytes. A node that fails is left alone for a moment, the others serve on."""

from collections.abc import Mapping, Sequence
from typing import Any

from caching.library import readers
from caching.library.cluster.client import Cluster, SplitSlot, slot_of
from caching.library.cluster.connection import pack
from caching.library.cluster.node import pack_all
from caching.library.counters import HASH
from caching.library.exceptions import Unavailable
from caching.library.scripts import ENSURE, RAISE, RAISE_ONCE, RELEASE
from caching.library.tls import Tls

REPLICA_MS = 150  # for a replica to say that it has a raised number
GENERATION_SECONDS = 24 * 3600  # longer than any entry that follows one lives
REMEMBERED_SECONDS = 24 * 3600
Words = tuple[str | bytes | int | float, ...]


class L1:
    """Every method may raise `Unavailable`; none waits long. Keys that come together are of one slot."""

    def __init__(
        self, nodes: Sequence[tuple[str, int]], username: str = "", password: str = "", tls: Tls | None = None
    ) -> None:
        self.cluster = Cluster(nodes, username, password, tls)

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """As they are at one moment; where the slot is on the move, the first before the others."""
        try:
            found: list[bytes | None] = self._ask(keys[0], "MGET", *keys)
        except SplitSlot:
            found = [self._ask(key, "GET", key) for key in keys]
        return found

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        """Of any slots: one round trip to each node. Keys of nodes that do not answer are missing."""
        return self.cluster.get_many(keys)

    def set(self, key: str, value: bytes, seconds: int) -> bool:
        return self._ask(key, "SET", key, value, "EX", seconds) is not None

    def keep(self, key: str, value: bytes) -> None:
        """For good, on the primary and on a replica of it."""
        self._durably(key, ("SET", key, value))

    def delete(self, key: str) -> None:
        self._ask(key, "UNLINK", key)

    def lease(self, key: str, token: str, milliseconds: int) -> bool:
        """Take the lease unless somebody has it."""
        return self._ask(key, "SET", key, token, "NX", "PX", milliseconds) is not None

    def release(self, key: str, token: str) -> None:
        """Give it back, if it is still one's own."""
        self._ask(key, "EVAL", RELEASE, 1, key, token)

    def ensure(self, keys: Sequence[str], lasting: bool) -> list[int]:
        """The numbers under the keys; one that is missing begins at the present microsecond."""
        seconds = 0 if lasting else GENERATION_SECONDS
        try:
            found = self._ask(keys[0], "EVAL", ENSURE, len(keys), *keys, seconds)
        except SplitSlot:
            found = [self._ask(key, "EVAL", ENSURE, 1, key, seconds)[0] for key in keys]
        return [int(one) for one in found]

    def raise_numbers(self, keys: Sequence[str]) -> None:
        """Make them grow, on the primary and on a replica of it."""
        try:
            self._durably(keys[0], ("EVAL", RAISE, len(keys), *keys, GENERATION_SECONDS))
        except SplitSlot:
            for key in keys:
                self._durably(key, ("EVAL", RAISE, 1, key, GENERATION_SECONDS))

    def raise_number_once(self, key: str, whose: str) -> int:
        """The same for one, unless the last to raise it in this way was the same `whose`: then it stays."""
        return int(self._durably(key, ("EVAL", RAISE_ONCE, 2, key, f"{{{key}}}:by", whose, REMEMBERED_SECONDS)))

    def add_point(self, key: str, score: float, member: bytes, since: float, seconds: int) -> None:
        """Into a sorted set, from which points before `since` are dropped."""
        self._all([("ZADD", key, score, member), ("ZREMRANGEBYSCORE", key, 0, since), ("EXPIRE", key, seconds)])

    def points(self, key: str, since: float) -> list[bytes]:
        return list(self._ask(key, "ZRANGEBYSCORE", key, since, "+inf"))

    def count(self, increments: Mapping[str, int]) -> bool:
        """Add to the counters of all processes; False when they have to be sent again."""
        try:
            self._all([("HINCRBY", HASH, field, number) for field, number in increments.items()])
        except Unavailable:
            return False
        return True

    def note(self, window: int, tenants: Mapping[str, int], keys: Mapping[str, int]) -> None:
        """Add to what all processes noted of who reads what in this window of time."""
        held = readers.tenants_key(window)
        if tenants and int(self._ask(held, "HLEN", held)) < readers.MOST_FIELDS:
            self._all(readers.tenants_commands(window, tenants))
        if keys:
            self._all(readers.keys_commands(window, keys))

    def close(self) -> None:
        self.cluster.close()

    def _ask(self, key: str, *words: str | bytes | int | float) -> Any:
        return self.cluster.ask(slot_of(key), pack(*words))

    def _all(self, commands: list[Words]) -> list[Any]:
        """Commands about keys of one slot, in one round trip."""
        slot = slot_of(str(commands[0][1]))
        try:
            return self.cluster.ask_all(slot, pack_all(commands), len(commands))
        except SplitSlot:
            return [self.cluster.ask(slot, pack(*command)) for command in commands]

    def _durably(self, key: str, command: Words) -> Any:
        """A command, and the word of a replica that it has what the command wrote."""
        slot = slot_of(key)
        answer, replicas = self.cluster.ask_all(slot, pack_all([command, ("WAIT", 1, REPLICA_MS)]), 2)
        if not replicas and self.cluster.has_replica(slot):
            raise Unavailable(f"No replica confirmed the new value within {REPLICA_MS} ms.")
        return answer
