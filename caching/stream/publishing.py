"""From messages of a shard to notices in JetStream, transaction by transaction in the order of their commits."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from caching.exceptions import Full
from caching.stream.echoes import Echoes
from caching.stream.followers import look, wait_until_seen
from caching.stream.names import EVERYBODY
from caching.stream.notices import Gathering, Notice
from caching.stream.road import Road
from shards.clients.postgres import Session
from shards.decoding.pgoutput import Begin, Commit, Parser, Row, Truncate

# Notices of so many tenants and transactions go out together, when they come that fast.
BATCH = 1_000
FULL_SECONDS = 0.5
# Called during what may take long, with what it waits for when that is no good.
Alive = Callable[[str], None]


class Publisher:
    """Of one shard on one connection. `done` is the position up to which everything is stored in JetStream."""

    def __init__(self, shard: str, timeline: int, road: Road, session: Session, replicas: int, echoes: Echoes) -> None:
        self._shard, self._timeline, self._road = shard, timeline, road
        self._session, self._replicas = session, replicas
        self._parser, self._gathering, self.echoes = Parser(), Gathering(), echoes
        self._begun: Begin | None = None
        self._ready: list[Notice] = []
        self._tenants = 0
        self._xids: set[int] = set()
        self._read_until = 0
        self.done = 0
        self.committed_at: datetime | None = None
        self.delay_seconds = 0.0
        self.notices = self.transactions = self.rows = 0

    @property
    def idle(self) -> bool:
        """Nothing is half read and nothing waits to go out."""
        return self._begun is None and not self._ready

    @property
    def full(self) -> bool:
        return self._tenants >= BATCH

    def feed(self, data: bytes) -> None:
        message = self._parser.parse(data)
        match message:
            case Begin():
                self._begun = message
                self._gathering.begin()
            case Row() | Truncate():
                self._gathering.add(message)
                if self._gathering.full:
                    self._take(within(self._begun))
            case Commit():
                self._take(message.end)
                self._begun, self._read_until, self.committed_at = None, message.end, message.at
                self.transactions += 1
                self.rows += self._gathering.rows

    def flush(self, alive: Alive) -> None:
        """Sends what is ready, once those who read can see it. `alive` is called again and again meanwhile."""
        if not self._ready:
            return
        last = self._ready[-1].lsn
        seen = wait_until_seen(self._session, self._xids, last, alive)
        self._publish(self._ready, alive)
        if not seen.all_have(last, self._replicas):
            self.echoes.add((one for one in self._ready if not one.crowd), self.done)
        if self.committed_at:
            self.delay_seconds = (datetime.now(UTC) - self.committed_at).total_seconds()
        self.notices += len(self._ready)
        self._ready, self._tenants, self._xids = [], 0, set()
        self.done = max(self.done, self._read_until)

    def idle_until(self, lsn: int) -> None:
        """The server has sent all up to there, and nothing of it was for us."""
        if self.idle:
            self.done = max(self.done, lsn)

    def echo(self, alive: Alive) -> None:
        """Tells again what replicas have by now."""
        if not self.echoes:
            return
        self.echoes.give_way()
        seen = look(self._session)
        if seen.replicas < self._replicas:
            return
        replayed = seen.replayed if self._replicas else self.done
        self.echoes.all_there(self.done)
        again = list(self.echoes.due(replayed))
        if self.echoes.settled(replayed):
            again.append(self._for_everybody())
        self._publish(again, alive)
        self.notices += len(again)

    def confirmable(self) -> int:
        """What the slot need no longer keep: all that is done, but for what is told again later."""
        before = self.echoes.before
        return self.done if before is None else min(self.done, before)

    def _publish(self, notices: Sequence[Notice], alive: Alive) -> None:
        """A stream that is full has room when consumers have taken something out: until then nothing is read."""
        while True:
            try:
                self._road.publish(notices)
                return
            except Full as problem:
                alive(str(problem))
                time.sleep(FULL_SECONDS)

    def _for_everybody(self) -> Notice:
        return Notice(self._shard, EVERYBODY, self.done, 0, self._timeline, datetime.now(UTC), whole=True, again=True)

    def _take(self, lsn: int) -> None:
        assert self._begun is not None, "rows come between Begin and Commit"
        taken = list(self._gathering.take(self._shard, lsn, self._timeline, self._begun.at))
        if taken:
            self._ready += taken
            self._tenants += sum(len(one.crowd) or 1 for one in taken)
            self._xids.add(self._begun.xid)


def within(begun: Begin | None) -> int:
    """A position in the record of the commit, for parts of a transaction whose end was not read yet: who has replayed
    up to there has replayed the commit."""
    assert begun is not None, "rows come between Begin and Commit"
    return begun.lsn + 1
