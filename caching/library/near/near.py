"""The in-process tier: which entries are kept, and the thread that hears what changed."""

import os
import random
import select
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any

from caching.library import keys as naming
from caching.library.breaker import Breaker
from caching.library.cluster.client import Cluster, slot_of
from caching.library.cluster.connection import TIMEOUT, pack
from caching.library.cluster.node import Node
from caching.library.envelope import Envelope
from caching.library.exceptions import Unavailable
from caching.library.near.session import Session
from caching.library.near.store import Kept, Name, Store

MOST = 10_000
# Nothing is served that no connection vouched for within this time, whatever became of the thread or the network.
NEAR_SECONDS = 2.0
PING_SECONDS = 0.4
COUNT_SECONDS = 2.0  # between two counts of what was read
# An entry is looked at again in L1 after a while, so that hot ones are renewed early like all others.
LEAST_LIFE, MOST_LIFE = 5.0, 10.0


class Near:
    """L1 entries that were read at least twice lately. Everything is dropped when a connection breaks. An entry of
    `entries` may be served until its own time and before `good_until`, by the monotonic clock."""

    def __init__(self, cluster: Cluster, most: int = MOST) -> None:
        self._cluster, self._store, self._most = cluster, Store(most), most
        self.entries = self._store.entries
        self.good_until = 0.0
        self._count_at = 0.0
        self._seen: set[Name] = set()
        self._seen_before: set[Name] = set()
        self._begin()
        _ALL.add(self)

    def wanted(self, name: Name) -> bool:
        """True for an entry that was asked for before: only then is it worth that Redis remembers who read it."""
        if name in self._seen or name in self._seen_before:
            return True
        self._seen.add(name)
        if len(self._seen) > self._most:
            self._seen, self._seen_before = set(), self._seen
        return False

    def read(self, name: Name, keys: Sequence[str], above: Sequence[str], load: Callable[[bytes], Any]) -> list[Any]:
        """Like L1's `read`: the entry, then its numbers, which are kept if they agree. `above` are the keys of the
        family's and the shard's numbers. `Unavailable` when there is no connection that tells of changes."""
        for key in above:
            if key not in self._numbers:
                self._ask(key, pack("GET", key), lambda said, key=key: self._note(key, said))  # type: ignore[misc]
        epoch = self._epoch
        packed = pack("MGET", *keys)
        return list(self._ask(keys[0], packed, lambda said: self._keep(name, keys, above, load, said, epoch)))

    def reads(self, all_of_them: bool = False) -> Counter[Name]:
        """How often each entry was served since this was answered last; at most every COUNT_SECONDS."""
        now = time.monotonic()
        if now < self._count_at and not all_of_them:
            return Counter()
        self._count_at = now + COUNT_SECONDS
        with self._lock:
            return self._store.reads()

    def forget(self, *keys: str) -> None:
        """Drop what rests on keys that this process changed itself. What is on its way is not kept, as it may have been
        read before, and the news of it come later."""
        with self._lock:
            self._epoch += 1
        self._changed(keys)

    def _changed(self, keys: Iterable[str] | None) -> None:
        """Drop what rests on these keys; all, for None or when one is a family's or a shard's number."""
        with self._lock:
            if keys is None or any(key in self._numbers for key in keys):
                self._clear()
            else:
                self._store.changed(keys)

    def close(self) -> None:
        self._closed = True
        self._wake()
        if self._thread is not None:
            self._thread.join(TIMEOUT * 4)
        for session in list(self._sessions.values()):
            session.close()
        self._changed(None)

    def _begin(self) -> None:
        self._lock, self._connecting = Lock(), Lock()
        self._sessions: dict[str, Session] = {}
        self._breakers: dict[str, Breaker] = {}
        self._numbers: dict[str, int] = {}
        self._epoch, self._closed = 0, False
        self._thread: Thread | None = None
        self._waking: tuple[int, int] | None = None

    def _after_fork(self) -> None:
        """The child has none of its parent's threads; its sockets are the parent's."""
        self._store.clear()
        self._store.reads()  # are the parent's to tell
        self.good_until = 0.0
        self._begin()

    def _clear(self) -> None:
        self._store.clear()
        self._numbers.clear()

    def _note(self, key: str, said: Any) -> Any:
        if isinstance(said, bytes):
            with self._lock:
                self._numbers[key] = int(said)
        return said

    def _keep(
        self,
        name: Name,
        keys: Sequence[str],
        above: Sequence[str],
        load: Callable[[bytes], Any],
        said: Any,
        epoch: int,
    ) -> Any:
        """Called by the thread that hears news, so that none of a change comes between the answer and this."""
        if isinstance(said, list) and all(isinstance(one, bytes) for one in said):
            with suppress(ValueError), self._lock:
                envelope = Envelope.unpack(said[0])
                stamp, now = envelope.stamp, time.time()
                shared = sum(self._numbers.get(key, -1) for key in above)
                mine = [int(one) for one in said[1:]] or [0, 0]
                agreed = mine == [stamp.tenant, stamp.narrower] and shared == stamp.shared
                if agreed and epoch == self._epoch and envelope.fresh_until > now:
                    life = min(envelope.fresh_until - now, random.uniform(LEAST_LIFE, MOST_LIFE))  # noqa: S311
                    self._store.keep(name, Kept(envelope.payload, load, time.monotonic() + life, tuple(keys)))
        return said

    def _ask(self, key: str, packed: bytes, take: Callable[[Any], Any]) -> Any:
        answered, found = Event(), []

        def told(said: Any) -> None:
            found.append(take(said))
            answered.set()

        node = self._cluster.owner(slot_of(key))
        try:
            self._session(node).ask(packed, told)
        except OSError as error:
            raise Unavailable(f"{node.name}: {error}") from error
        if not answered.wait(TIMEOUT):
            raise Unavailable(f"{node.name} did not answer within {TIMEOUT} s.")
        if isinstance(found[0], Exception):
            raise Unavailable(f"{node.name}: {found[0]}")
        return found[0]

    def _session(self, node: Node) -> Session:
        session = self._sessions.get(node.name)
        if session is not None:
            return session
        with self._connecting:
            if node.name in self._sessions:
                return self._sessions[node.name]
            breaker = self._breakers.setdefault(node.name, Breaker())
            if not breaker.closed:
                raise Unavailable(f"{node.name} failed a moment ago.")
            try:
                session = Session(node, self._changed)
            except OSError:
                breaker.failed(slowly=False)
                raise
            breaker.succeeded()
            self._sessions[node.name] = session
            self._start()
            self._wake()
            return session

    def _start(self) -> None:
        if self._thread is None:
            self._waking = os.pipe()
            self._thread = Thread(target=self._hear, name="near", daemon=True)
            self._thread.start()

    def _wake(self) -> None:
        if self._waking is not None:
            os.write(self._waking[1], b".")

    def _hear(self) -> None:
        assert self._waking is not None
        while not self._closed:
            sessions = list(self._sessions.values())
            watched = [self._waking[0], *(one.socket.fileno() for one in sessions)]
            ready, _, _ = select.select(watched, [], [], PING_SECONDS / 2)
            if self._waking[0] in ready:
                os.read(self._waking[0], 1024)
            for session in sessions:
                self._attend(session, session.socket.fileno() in ready)
            self.good_until = min((one.heard_at for one in self._sessions.values()), default=0.0) + NEAR_SECONDS

    def _attend(self, session: Session, ready: bool) -> None:
        try:
            if ready:
                session.receive()
            now = time.monotonic()
            if now - session.heard_at > NEAR_SECONDS:
                raise TimeoutError("Redis has fallen silent.")
            if now - max(session.heard_at, session.pinged_at) > PING_SECONDS:
                session.ping()
        except (OSError, Unavailable):
            self._sessions.pop(session.name, None)
            session.close()
            self._changed(None)


_ALL: weakref.WeakSet[Near] = weakref.WeakSet()


def _forget_all() -> None:
    for near in list(_ALL):
        near._after_fork()


os.register_at_fork(after_in_child=_forget_all)


def keys_above(family: str, shard: str) -> tuple[str, ...]:
    return (naming.family_key(family), naming.shard_key(shard)) if shard else (naming.family_key(family),)
