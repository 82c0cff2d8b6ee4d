"""Keeps a stream's record of chunks in step with those that the sender's hypertables have: see `shards.moves.pieces`.

A chunk that comes is noted as coming, then added to the publication while nobody writes to it, then its rows are
fetched and it is noted as here. Killed in between, it is still coming, and all of this is done again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import pieces
from shards.moves.applying.problems import told_by
from shards.moves.applying.unseen import Unseen
from shards.moves.copying.part import rewrite
from shards.moves.pieces import Name, Piece, State
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Engine, Table

LOOK_SECONDS, FETCH_SECONDS, IDLE_SECONDS = 20.0, 600, 120
# Whoever comes to write to the chunk waits behind this lock, and this lock for those inside. So it is asked for again
# rather than waited for long: each time for longer, as their transactions may be long or their standby slow, and after
# a rest of many times that, in which they get on.
LOCK = "SELECT set_config('lock_timeout', %s, true)"
FIRST_WAIT, MOST_WAIT, REST = 0.03, 0.5, 10
MEMBER = """
    SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
    WHERE p.pubname = %s AND r.prrelid = to_regclass(%s)
"""
# A round over what was written takes so many keys at once.
AT_ONCE = 500
TOUCH = """
    INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys)
    SELECT %(stream)s, %(name)s, jsonb_agg(key)
    FROM (
        SELECT jsonb_build_array({key}) AS key, (row_number() OVER () - 1) / %(at_once)s AS number
        FROM {table} WHERE {chosen}
    ) AS found
    GROUP BY number
"""


@dataclass
class Busy:
    """How long its lock is waited for the next time, in seconds, and from when on (monotonic)."""

    wait: float = FIRST_WAIT
    again_at: float = 0.0

    def once_more(self) -> None:
        self.again_at = time.monotonic() + REST * self.wait
        self.wait = min(2 * self.wait, MOST_WAIT)


@dataclass
class ChunksFollowed:
    """`known` is shared with whoever translates changes. `sender` is a session in autocommit."""

    stream: Stream
    context: StepContext
    tables: Sequence[Table]
    sender: Session
    known: dict[Name, Piece] = field(default_factory=dict)
    _busy: dict[Name, "Busy"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = [table for table in self.tables if table.engine is Engine.HYPERTABLE]

    def begin_with(self, receiver: Session) -> None:
        if self.tables:
            self.known.update(pieces.known(receiver, self.stream))

    def agree(self, session: Session) -> bool:
        """Whether the chunks that a session of the sender sees are those whose rows are on the receiver."""
        return not self.tables or pieces.there(session, self.tables) == self._here

    def look(self, unseen: Unseen) -> bool:
        """Follows what has changed; True if rows were fetched, which are newer than the stream. No transaction may be
        open on the receiver."""
        if not self.tables:
            return False
        self.sender.deadline = time.monotonic() + LOOK_SECONDS
        with told_by(f"The leader of {self.stream.sender}"):
            there = pieces.there(self.sender, self.tables)
            if there == self._here:
                return False
            new = pieces.described(self.sender, self.tables, self._due(there - self._here))
        unseen.wait()
        came = [self._follow(piece) for piece in new]
        gone = [piece for piece in self.known.values() if piece.state is not State.GONE and piece.key not in there]
        for piece in gone:
            self._fetch(piece, State.GONE)
        return any(came) or bool(gone)

    def _due(self, names: set[Name]) -> list[Name]:
        now = time.monotonic()
        return [name for name in names if name not in self._busy or self._busy[name].again_at <= now]

    @property
    def _here(self) -> set[Name]:
        return {name for name, piece in self.known.items() if piece.state is State.HERE}

    def _follow(self, piece: Piece) -> bool:
        """False when somebody writes to it all the time, or it has gone again."""
        with receiving(self.stream, LOOK_SECONDS) as receiver, fences.writing(receiver, self.context):
            pieces.note(receiver, self.stream, piece, State.COMING)
        self.known[piece.key] = piece
        if not self._publish(piece):
            return False
        self._fetch(piece, State.HERE)
        return True

    def _publish(self, piece: Piece) -> bool:
        """Whoever writes to it afterwards is told of; whoever did before has ended, and is seen."""
        busy = self._busy.setdefault(piece.key, Busy())
        with sending(self.stream, LOOK_SECONDS) as sender:
            try:
                with fences.writing(sender, self.context):
                    sender.execute(LOCK, (f"{busy.wait * 1000:.0f}ms",))
                    sender.execute(sql.SQL("LOCK TABLE ONLY {} IN SHARE MODE").format(piece.identifier))
                    named = (self.stream.name, piece.identifier.as_string(sender))
                    if sender.execute(MEMBER, named).fetchone() is None:
                        sender.execute(self._added(piece))
            except psycopg.errors.LockNotAvailable:
                busy.once_more()
                return False
            except psycopg.errors.UndefinedTable:
                return False
        return True

    def _added(self, piece: Piece) -> sql.Composed:
        command = sql.SQL("ALTER PUBLICATION {} ADD TABLE ONLY {}").format(
            sql.Identifier(self.stream.name), piece.identifier
        )
        if self._table(piece).shared:
            command += sql.SQL(" WHERE (tenant_id = {})").format(sql.Literal(self.stream.tenant_id))
        return command

    def _fetch(self, piece: Piece, state: State) -> None:
        """The range's rows are as the sender has them now; what was told of them until now comes twice, or is over. All
        of their keys are compared again."""
        table = self._table(piece)
        chosen, parameters = pieces.rows_of(table, piece)
        with (
            sending(self.stream, FETCH_SECONDS) as sender,
            receiving(self.stream, FETCH_SECONDS) as receiver,
            fences.writing(receiver, self.context, FETCH_SECONDS, IDLE_SECONDS),
        ):
            self._touch(receiver, table, chosen, parameters)
            rows, _ = rewrite(sender, receiver, self.stream, table, chosen, parameters, lambda size: None, alone=True)
            self._touch(receiver, table, chosen, parameters)
            pieces.note(receiver, self.stream, piece, state)
        piece.state = state
        what = "is followed now" if state is State.HERE else "was dropped"
        self.context.log(f"{table.full_name}: the chunk {piece.name} {what}; {rows:,} rows of its range were fetched.")

    def _touch(self, receiver: Session, table: Table, chosen: sql.Composed, parameters: dict[str, object]) -> None:
        key = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.key)
        query = sql.SQL(TOUCH).format(key=key, table=table.identifier, chosen=chosen)
        named = {"stream": self.stream.name, "name": table.full_name, "at_once": AT_ONCE}
        receiver.execute(query, {**parameters, **named, "tenant": self.stream.tenant_id})

    def _table(self, piece: Piece) -> Table:
        found = next((table for table in self.tables if table.full_name == piece.table), None)
        if found is None:
            raise PermanentProblem(
                f"{piece.table} has gone from {self.stream.sender} while its tenant was being moved."
            )
        return found
