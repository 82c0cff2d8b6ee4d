"""One change at a time, where many at once did not go: what is wrong is found, or set right."""

from psycopg import ClientCursor, sql

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.applying import rows, statements
from shards.moves.applying.changes import Change, Cleared, Key, Values
from shards.moves.applying.netting import Effect, settable
from shards.moves.applying.problems import Diverged
from shards.moves.applying.rows import TAKEN
from shards.moves.applying.unseen import Unseen
from shards.moves.pieces import rows_of
from shards.moves.streams import Stream
from shards.moves.tables import Table


class Single:
    """Inside the receiver's transaction, not in a pipeline. `fetched_at`: the latest position at which rows of the
    sender were fetched; `arrivals.strict_from` is at least that."""

    def __init__(self, receiver: Session, sender: Session, unseen: Unseen, stream: Stream) -> None:
        self._receiver, self._sender, self._unseen, self._stream = receiver, sender, unseen, stream
        self.fetched_at = 0

    def apply(self, change: Change | Cleared, lenient: bool) -> None:
        """Diverged where it is not lenient and the change does not find exactly its row."""
        if isinstance(change, Cleared):
            for table in change.tables:
                clear = statements.clear(table, self._stream.tenant_id)
                self._receiver.execute(clear.query, clear.values)
            for table, piece in change.pieces:
                chosen, values = rows_of(table, piece)
                emptied = sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, chosen)
                # As literals: TimescaleDB cannot plan a DELETE for any value of what is no condition of a row.
                known = ClientCursor(self._receiver).mogrify(emptied, {**values, "tenant": self._stream.tenant_id})
                self._receiver.execute(known.encode())
        elif change.old is None and not change.complete:
            self._fetch(change)
        elif lenient:
            self._apply_leniently(change)
        else:
            self._apply_strictly(change)

    def _apply_strictly(self, change: Change) -> None:
        key = change.new or change.old or ()
        try:
            with self._receiver.transaction():
                found = self._write(change)
        except TAKEN as problem:
            constraint = problem.diag.constraint_name
            raise Diverged(
                change.table.full_name, key, f"another row is already there for it ({constraint})"
            ) from problem
        if found != 1:
            what = "a deletion" if change.new is None else "a change"
            raise Diverged(change.table.full_name, change.old or (), f"{what} of it came, and it is not there")

    def _write(self, change: Change) -> int:
        """How many rows were found."""
        table, old, new = change.table, change.old, change.new
        if old is None:
            return self._insert(table, change.values)
        if new is None:
            return self._delete(table, old)
        if not change.moves and settable(table):
            return self._update(table, new, change.values)
        if not change.complete:
            return self._move(table, old, change.values)
        found = self._delete(table, old)
        self._insert(table, change.values)
        return found

    def _apply_leniently(self, change: Change) -> None:
        """Another row that holds a value which is this one's now is newer than the change, because it came with a copy:
        so this row changes once more before `strict_from`, and is left out until then."""
        try:
            with self._receiver.transaction():
                known = self._put(change)
        except TAKEN:
            for key in {change.old, change.new} - {None}:
                self._delete(change.table, key or ())
            return
        if not known:
            self._fetch(change)

    def _put(self, change: Change) -> bool:
        """False when it cannot be known what the row is."""
        table, old, new = change.table, change.old, change.new
        if new is None:
            self._delete(table, old or ())
            return True
        if change.complete:
            self._put_whole(change, new)
            return True
        assert old is not None, "a new row that is not complete is fetched"
        if settable(table) and self._update(table, new, change.values):
            if change.moves:
                self._delete(table, old)
            return True
        return bool((change.moves or not settable(table)) and self._move(table, old, change.values))

    def _put_whole(self, change: Change, new: Key) -> None:
        table = change.table
        if change.old is not None and change.moves:
            self._delete(table, change.old)
        if settable(table):
            self._effect(Effect("put", table, [(new, change.values)]))
        else:
            self._delete(table, new)
            self._insert(table, change.values)

    def _fetch(self, change: Change) -> None:
        if change.new is None:
            raise PermanentProblem("A deleted row cannot be fetched.")
        self._unseen.wait()  # the row would be older than the change
        fetched = rows.fetch(self._sender, self._stream, change.table, change.new)
        if change.old is not None and change.moves:
            self._delete(change.table, change.old)
        rows.replace(self._receiver, self._stream, change.table, change.new, fetched.values)
        self._receiver.execute(rows.RAISE, (fetched.position, self._stream.name))
        self.fetched_at = max(self.fetched_at, fetched.position)

    def _delete(self, table: Table, key: Key) -> int:
        return self._effect(Effect("delete", table, [(key, {})]))

    def _insert(self, table: Table, values: Values) -> int:
        return self._effect(Effect("insert", table, [((), values)]))

    def _update(self, table: Table, key: Key, values: Values) -> int:
        return self._effect(Effect("update", table, [(key, values)]))

    def _move(self, table: Table, old: Key, values: Values) -> int:
        known = statements.known_of(table, values)
        given = (*old, *(values[name] for name in known))
        return self._receiver.execute(statements.move(table, known), given).rowcount

    def _effect(self, effect: Effect) -> int:
        written = statements.statement(effect)
        return 1 if written is None else self._receiver.execute(written.query, written.values).rowcount
