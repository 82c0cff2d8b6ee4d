"""Transactions on the receiver's leader: each under the fence, and with its bookkeeping.

Many changes are written by few statements, in one round trip. Where that does not go, halves are tried, down to single
changes."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow

from novaops.operations.contract import StepContext, TransientProblem
from shards.clients.postgres import Session
from shards.fences import share
from shards.moves.applying.changes import Change, Cleared, Key
from shards.moves.applying.netting import effects, grouped
from shards.moves.applying.problems import told_by
from shards.moves.applying.single import Single
from shards.moves.applying.statements import statement
from shards.moves.applying.unseen import Unseen
from shards.moves.streams import Stream

Changes = Sequence[Change | Cleared]
WAIT_SECONDS = 120.0
FEW = 8
# No plan but that by the key is right for a few rows of a table of any size; statistics may be missing.
SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "lock_timeout": "90s",
    "statement_timeout": "100s",
    "idle_in_transaction_session_timeout": "30s",
}
STATE = b"""
    SELECT (applied - '0/0')::bigint AS applied, (strict_from - '0/0')::bigint AS strict_from
    FROM novaops_schema.arrivals
    WHERE stream = %s
"""
TOUCHED = b"INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys) VALUES (%s, %s, %s::jsonb)"
APPLIED = b"""
    UPDATE novaops_schema.arrivals
    SET applied = '0/0'::pg_lsn + %s, at = now()
    WHERE stream = %s
"""
# What the rows themselves are to blame for, or what is there.
ROWS = (psycopg.errors.IntegrityError, psycopg.errors.DataError)


class Receiver:
    """For one thread. `applied` and `strict_from` as `arrivals` has them, as of the last transaction."""

    def __init__(
        self,
        session: Session,
        sender: Session,
        unseen: Unseen,
        stream: Stream,
        context: StepContext,
        *,
        touched: bool,
        copying: bool,
    ) -> None:
        self._session, self._stream, self._context = session, stream, context
        self._touched, self._copying = touched, copying
        self._single = Single(session, sender, unseen, stream)
        self.open = self._saved = False
        self.applied = self.strict_from = 0

    def begin_with(self, applied: int, strict_from: int) -> None:
        self.applied, self.strict_from = applied, strict_from
        self._session.deadline = time.monotonic() + WAIT_SECONDS
        self._session.prepare_threshold, self._session.prepared_max = 0, 1000
        for name, value in SETTINGS.items():
            self._session.execute("SELECT set_config(%s, %s, false)", (name, value))

    def end(self) -> None:
        """The session is as it was, for whoever has it next."""
        self._session.deadline = time.monotonic() + WAIT_SECONDS
        self._session.execute("DEALLOCATE ALL")
        self._session.prepare_threshold = None

    def look_again(self) -> None:
        """Outside a transaction: somebody else has moved `strict_from` on."""
        with self._told():
            self._look(self._run(STATE, (self._stream.name,)))

    def insist(self) -> None:
        """Raises where another worker has taken over."""
        with self._told(), self._session.transaction():
            share(self._session, self._context, self._stream.made_by.console)

    def lenient(self, lsn: int) -> bool:
        """Whether rows may have come by a copy, or are still to come, after a transaction that was committed there."""
        return self._copying or lsn < self.strict_from

    def apply(self, changes: Changes, lsn: int) -> None:
        """Of transactions of which the first was committed at `lsn`. They stay when `commit` returns."""
        with self._told():
            for group in grouped(changes):
                if group.alone is None:
                    self._many(group.changes, lsn, fresh=True)
                else:
                    self._many((), lsn, fresh=True)
                    self._touch((group.alone,))
                    self._one(group.alone, lsn)

    def commit(self, end: int) -> None:
        """Everything that was committed on the sender before `end` is here."""
        with self._told():
            if not self.open:
                self._many((), end)
            with self._session.pipeline():
                self._session.execute(APPLIED, (end, self._stream.name))
                self._session.execute(b"COMMIT")
        self.open = self._saved = False
        self.applied = end

    @contextmanager
    def _told(self) -> Iterator[None]:
        self._session.deadline = time.monotonic() + WAIT_SECONDS
        with told_by(f"The leader of {self._stream.receiver}"):
            yield

    def _many(self, changes: Sequence[Change], lsn: int, fresh: bool = False) -> None:
        """At once; else in halves, down to single ones. `fresh`: their keys are not in `arrival_touched` yet."""
        lenient, began = self.lenient(lsn), self.open
        if self._went(changes, lenient, fresh) and (began or lenient or not self.lenient(lsn)):
            return
        self._run(b"ROLLBACK TO SAVEPOINT batch")
        if self.lenient(lsn) != lenient:  # rows came by a copy before this transaction began, and nobody had told
            self._many(changes, lsn)
        elif len(changes) > FEW:
            half = len(changes) // 2
            self._many(changes[:half], lsn)
            self._many(changes[half:], lsn)
        else:
            for change in changes:
                self._one(change, lsn)

    def _went(self, changes: Sequence[Change], lenient: bool, fresh: bool) -> bool:
        """Whether each change found its row. One round trip."""
        state = None
        try:
            with self._session.pipeline():
                if not self.open:
                    state = self._begin()
                if fresh:
                    self._touch(changes)
                self._save()
                several = [statement(effect) for effect in effects(changes, lenient)]
                answers = [(one.rows, self._run(one.query, one.values)) for one in several if one is not None]
        except ROWS:
            self._look(state)
            return False
        self._look(state)
        return all(rows in (None, answer.rowcount) for rows, answer in answers)

    def _one(self, change: Change | Cleared, lsn: int) -> None:
        self._single.apply(change, self.lenient(lsn))
        self.strict_from = max(self.strict_from, self._single.fetched_at)

    def _begin(self) -> psycopg.Cursor[DictRow]:
        self._run(b"BEGIN")
        self.open = True
        share(self._session, self._context, self._stream.made_by.console)
        return self._run(STATE, (self._stream.name,))

    def _look(self, state: psycopg.Cursor[DictRow] | None) -> None:
        """At what the row in `arrivals` was when the transaction began."""
        if state is None:
            return
        row = state.fetchone()
        if row is None or row["applied"] != self.applied:
            raise TransientProblem(f"Somebody else applies the changes of {self._stream.name}.")
        self.strict_from = max(self.strict_from, row["strict_from"])

    def _save(self) -> None:
        if self._saved:
            self._run(b"RELEASE SAVEPOINT batch")
        self._run(b"SAVEPOINT batch")
        self._saved = True

    def _touch(self, changes: Changes) -> None:
        keys: dict[str, dict[Key, None]] = {}
        for change in changes:
            if self._touched and isinstance(change, Change):
                several = keys.setdefault(change.table.full_name, {})
                several.update((key, None) for key in (change.old, change.new) if key is not None)
        for table, several in keys.items():
            self._run(TOUCHED, (self._stream.name, table, json.dumps(list(several))))

    def _run(self, query: bytes, values: tuple[Any, ...] = ()) -> psycopg.Cursor[DictRow]:
        return self._session.execute(query, values)
