"""Reads a stream's slot and applies what it tells: the way in for those that copy, compare and cut over."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from shards.clients.postgres import Session
from shards.decoding.pgoutput import Begin, Commit, Message
from shards.decoding.replication import Replication
from shards.decoding.slots import end_reader
from shards.moves import slots
from shards.moves.applying.changes import Change, Cleared
from shards.moves.applying.chunks_followed import ChunksFollowed
from shards.moves.applying.problems import Late, told_by
from shards.moves.applying.reading import Reader, Told
from shards.moves.applying.receiving import Receiver
from shards.moves.applying.unseen import Unseen
from shards.moves.sessions import receiving, replicating, sending
from shards.moves.slots import Arrival, Broken
from shards.moves.streams import Stream
from shards.moves.tables import Table

OPEN_SECONDS = 20.0
# Statements are sent for so many changes at once, and a transaction takes so many, while the stream is behind.
BATCH_CHANGES, BATCH_BYTES = 2_000, 4_000_000
COMMIT_CHANGES = 20_000
TICK_SECONDS = 1.0
# How far the sender has told without a change of the tenant's is written down so often, and its WAL let go.
NOTE_SECONDS = 5.0
WAL_NOW = "SELECT (pg_current_wal_lsn() - '0/0')::bigint AS position"

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def _of_the_sender(
    method: Callable[Concatenate["Applier", Arguments], Answer],
) -> Callable[Concatenate["Applier", Arguments], Answer]:
    """What goes wrong there is the sender's, where nothing else is said."""

    @wraps(method)
    def told(applier: "Applier", /, *args: Arguments.args, **more: Arguments.kwargs) -> Answer:
        with told_by(f"The leader of {applier.stream.sender}"):
            return method(applier, *args, **more)

    return told


class Applier:
    """A context manager, for one thread at a time; the step that uses it has called `fences.fence` on the receiver.

    `touched`: keys of rows that are written are kept in `arrival_touched`. `discard`: what comes is on the receiver
    already, because it came from there; none of it is written but how far it was read. `copying`: parts are still to
    be copied, none of them at the same time, and no change has to find its row. `meanwhile` is called about every
    second while something is done or waited for, and may raise what ends it.

    Whenever a method returns, or raises, what is on the receiver ends with a transaction of the sender. What is raised
    is a problem of an operation's step, after which the applier is of no use any more."""

    def __init__(
        self,
        stream: Stream,
        context: StepContext,
        tables: Sequence[Table],
        *,
        touched: bool = True,
        discard: bool = False,
        copying: bool = False,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self.stream, self._context, self._tables = stream, context, tables
        self._touched, self._discard, self._copying, self._meanwhile = touched, discard, copying, meanwhile
        self._stack = ExitStack()
        self._pending: list[Change | Cleared] = []
        # Of those, so many belong to transactions that have been read to their end, the last of which is at `_end`.
        self._complete = self._bytes = self._uncommitted = 0
        self._begin: Begin | None = None
        self._first_lsn = self._end = 0
        self._started = False
        self._ticked_at = self._noted_at = self._looked_at = 0.0

    def __enter__(self) -> "Applier":
        with ExitStack() as stack:
            self._sender = stack.enter_context(sending(self.stream, OPEN_SECONDS))
            session = stack.enter_context(receiving(self.stream, OPEN_SECONDS))
            arrival = self._known(session)
            replication = stack.enter_context(self._replication(arrival))
            self._unseen = Unseen(self._sender, self.stream.sender)
            sides = (session, self._sender, self._unseen)
            self._receiver = Receiver(*sides, self.stream, self._context, touched=self._touched, copying=self._copying)
            self._receiver.begin_with(arrival.applied, arrival.strict_from)
            self._chunks = ChunksFollowed(self.stream, self._context, self._tables, self._sender)
            self._chunks.begin_with(session)
            self._reader = Reader(replication, self._tables, self._chunks.known)
            self._end = arrival.applied
            self._noted_at = time.monotonic()
            self._session, self._stack = session, stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sender.deadline = time.monotonic() + OPEN_SECONDS
        with ExitStack() as stack:
            stack.push(self._stack)
            if error is None:
                self._receiver.end()
            else:
                self._session.close()
                self._sender.close()
                self._stack.pop_all().__exit__(kind, error, at)

    def _known(self, session: Session) -> Arrival:
        why = slots.history_broken(self._sender, session, self.stream)
        arrival = slots.arrival_of(session, self.stream)
        if why or arrival is None:
            raise Broken(why or f"{self.stream.receiver} has just forgotten the stream {self.stream.name}.")
        return arrival

    def _replication(self, arrival: Arrival) -> Replication:
        made = replicating(self.stream)
        if (made.system_identifier, made.timeline) != (arrival.system_identifier, arrival.timeline):
            made.__exit__(None, None, None)
            raise TransientProblem(f"{self.stream.sender} has just failed over.")
        return made

    # What is known of it

    @property
    def applied(self) -> int:
        """Everything that was committed on the sender before this position is on the receiver."""
        return self._receiver.applied

    @property
    def behind_bytes(self) -> int:
        """WAL of the sender that may hold changes which are not applied: all of the shard's, not the tenant's alone."""
        return max(0, self._wal_now() - max(self._end, self._reader.sent_until if self._settled else 0))

    @property
    def held_bytes(self) -> int:
        """WAL that the sender keeps for the slot."""
        self._sender.deadline = time.monotonic() + OPEN_SECONDS
        with told_by(f"The leader of {self.stream.sender}"):
            found = slots.state(self._sender, self.stream)
        if found is None:
            raise Broken(f"The slot {self.stream.name} on {self.stream.sender} is gone.")
        return found.held_bytes

    # What it does

    @_of_the_sender
    def step(self, seconds: float) -> bool:
        """Applies what comes for about so long; True if something came. A transaction that is begun is finished."""
        self._follow_chunks()
        deadline, came = time.monotonic() + seconds, False
        while time.monotonic() < deadline or (self._receiver.open and self._begin is not None):
            told = self._next(max(deadline, time.monotonic() + TICK_SECONDS / 5) if self._receiver.open else deadline)
            came = came or told is not None
            if told is not None:
                self._process(told)
        self._commit()
        return came

    def until_near(self, bytes_behind: int) -> None:
        """Until the stream is behind by no more."""
        while self.behind_bytes > bytes_behind:
            self.step(TICK_SECONDS / 5)

    @_of_the_sender
    def until(self, lsn: int) -> None:
        """Exactly the transactions that were committed before are applied then."""
        if self._end > lsn:
            raise PermanentProblem(f"The stream {self.stream.name} is past the position where it should have stopped.")
        while True:
            told = self._next(time.monotonic() + TICK_SECONDS / 10)
            if told is None and self._settled and self._reader.sent_until >= lsn:
                return
            if isinstance(told, Begin) and told.lsn >= lsn:
                self._reader.put_back(told)
                return self._commit()
            if told is not None:
                self._process(told)

    @_of_the_sender
    def until_message(self, prefix: str, content: str, deadline: float) -> int:
        """Until this message of pg_logical_emit_message; everything that was committed before it is on the receiver
        then. Returns where its transaction ends, or where itself is if it is of none. Late at `deadline` (monotonic),
        which leaves the applier as usable as it was."""
        found = False
        while True:
            told = self._awaited(deadline)
            self._process(told)
            if isinstance(told, Message) and (told.prefix, told.content) == (prefix, content.encode()):
                found = True
                if not told.transactional:
                    self._commit()
                    return told.lsn
            elif found and isinstance(told, Commit):
                self._commit()
                if self._discard:
                    self._advance(told.end)
                return told.end

    def _awaited(self, deadline: float) -> Told:
        told = self._next(deadline)
        if told is None:
            raise Late(f"{self.stream.sender} did not tell in time of all that was written there.")
        return told

    def _next(self, until: float) -> Told | None:
        """What is told next. When nothing is there, all that is complete is committed before it is waited for."""
        self._start()
        while (told := self._reader.read()) is None:
            self._tick()
            self._commit()
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._note()
            self._reader.replication.wait(min(left, TICK_SECONDS / 5))
        return told

    def _start(self) -> None:
        if self._started:
            return
        name = self.stream.name
        self._end_older()
        self._reader.replication.start(name, [name], messages=True, from_lsn=self.applied)
        self._started = True

    def _end_older(self) -> None:
        """A worker that was replaced may be frozen, and its connection with it: the slot has one reader at a time."""
        self._sender.deadline = time.monotonic() + OPEN_SECONDS
        found = slots.state(self._sender, self.stream)
        if found is not None and found.active:
            self._receiver.insist()
            end_reader(self._sender, found)

    def _process(self, told: Told) -> None:
        if isinstance(told, Change | Cleared):
            self._gather(told)
        elif isinstance(told, Begin):
            self._enter(told)
        elif isinstance(told, Commit):
            self._leave(told)

    def _enter(self, begin: Begin) -> None:
        """Changes that are applied in different ways do not go together."""
        if self._pending and self._receiver.lenient(begin.lsn) != self._receiver.lenient(self._first_lsn):
            self._commit()
        if not self._pending:
            self._first_lsn = begin.lsn
        self._begin = begin
        self._unseen.told(begin.xid)

    def _gather(self, change: Change | Cleared) -> None:
        if self._discard or self._begin is None or self._begin.lsn < self.applied:
            return  # it is here already
        self._pending.append(change)
        self._bytes += self._reader.size
        if len(self._pending) >= BATCH_CHANGES or self._bytes >= BATCH_BYTES:
            self._send()

    def _leave(self, commit: Commit) -> None:
        self._begin, self._end = None, max(self._end, commit.end)
        self._complete = len(self._pending)
        if self._uncommitted >= COMMIT_CHANGES:
            self._commit()
        self._tick()

    def _send(self) -> None:
        """Also of a transaction whose end has not come: however large it is, only some of it is held here."""
        self._receiver.apply(self._pending, self._first_lsn)
        self._uncommitted += len(self._pending)
        self._tick()
        self._pending, self._complete, self._bytes = [], 0, 0
        if self._begin is not None:
            self._first_lsn = self._begin.lsn

    def _commit(self) -> None:
        """What is complete; nothing when a part of a transaction has been sent whose end has not come."""
        if self._receiver.open and self._begin is not None:
            return
        ready, rest = self._pending[: self._complete], self._pending[self._complete :]
        if not ready and not self._receiver.open:
            return
        if ready:
            self._receiver.apply(ready, self._first_lsn)
        if self._copying:
            self._unseen.wait()  # a part that is copied from now on has what is applied
        self._receiver.commit(self._end)
        self._pending, self._complete, self._uncommitted = rest, 0, 0
        if self._begin is not None:
            self._first_lsn = self._begin.lsn
        self._bytes = 0 if not rest else self._bytes
        self._confirm()

    def _confirm(self) -> None:
        self._reader.replication.confirm(self.applied)

    @property
    def _settled(self) -> bool:
        return self._begin is None and not self._pending and not self._receiver.open

    @_of_the_sender
    def follows_all(self, sender: Session | None = None) -> bool:
        """Whether every chunk that a session of the sender sees is followed, and none that has gone is; without a
        session, those that are there now."""
        self._sender.deadline = time.monotonic() + OPEN_SECONDS
        return self._chunks.agree(sender or self._sender)

    def _follow_chunks(self) -> None:
        """Now and then, between transactions of the receiver."""
        now = time.monotonic()
        if self._discard or now - self._looked_at < TICK_SECONDS:
            return
        self._commit()
        if not self._receiver.open:
            self._looked_at = now
            if self._chunks.look(self._unseen):
                self._receiver.look_again()

    def _note(self) -> None:
        until = self._reader.sent_until
        if not self._settled or until <= self.applied:
            return
        if time.monotonic() - self._noted_at >= NOTE_SECONDS:
            self._noted_at = time.monotonic()
            self._advance(until)

    def _advance(self, position: int) -> None:
        """Nothing of the tenant's was committed up to there that is not on the receiver."""
        self._receiver.commit(position)
        self._confirm()

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._ticked_at >= TICK_SECONDS:
            self._ticked_at = now
            self._meanwhile()

    def _wal_now(self) -> int:
        self._sender.deadline = time.monotonic() + OPEN_SECONDS
        with told_by(f"The leader of {self.stream.sender}"):
            row = self._sender.execute(WAL_NOW).fetchone()
        assert row is not None, "a SELECT without FROM has a row"
        return int(row["position"])
