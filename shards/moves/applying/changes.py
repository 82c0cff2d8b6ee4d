"""What a slot tells, as changes of the tenant's tables. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from novaops.operations.contract import PermanentProblem
from shards.decoding.pgoutput import UNCHANGED, Relation, Row, Truncate
from shards.moves.pieces import Name, Piece, State
from shards.moves.tables import Engine, Table

Key = tuple[str, ...]
Values = Mapping[str, str | None]


@dataclass(slots=True)
class Change:
    """`old` is the key that the row had, None for a new row; `new` the one that it has now, None for a deleted one.
    `values` by column, as text; without those that were not sent, and then it is not `complete`."""

    table: Table
    old: Key | None
    new: Key | None
    values: Values = field(default_factory=dict)
    complete: bool = True

    @property
    def moves(self) -> bool:
        """To another key."""
        return self.old is not None and self.new is not None and self.old != self.new


@dataclass(slots=True)
class Cleared:
    """All rows of these tables are gone, and those in these chunks of hypertables."""

    tables: tuple[Table, ...]
    pieces: tuple[tuple[Table, Piece], ...] = ()


class Translator:
    """For one connection: knows the tables by what the server calls them, and refuses those that look otherwise now.
    Chunks of hypertables are told by their own names: `pieces` knows them, and whether their changes count."""

    def __init__(self, tables: Sequence[Table], pieces: Mapping[Name, Piece]) -> None:
        self._tables = {(table.schema, table.name): table for table in tables}
        self._named = {table.full_name: table for table in tables}
        self._pieces = pieces
        self._homes = {table.schema for table in tables}
        self._cut = any(table.engine is Engine.HYPERTABLE for table in tables)
        self._described: dict[tuple[str, str], Relation] = {}
        self._checked: dict[int, tuple[Relation, Table]] = {}

    def change(self, row: Row) -> Change | None:
        """None where it is of no account."""
        if self._cut and not self._counts(row.relation):
            return None
        table, values = self._table(row.relation), row.values
        key = table.key
        now = tuple([values[name] for name in key])
        if row.action == "delete":
            return Change(table, now, None)
        complete = UNCHANGED not in values.values()
        if not complete:
            values = {name: value for name, value in values.items() if value is not UNCHANGED}
        if row.action == "insert":
            return Change(table, None, now, values, complete)
        old = now if row.old_key is None else tuple([row.old_key[name] for name in key])
        return Change(table, old, now, values, complete)

    def cleared(self, truncate: Truncate) -> Cleared:
        counting = [one for one in truncate.relations if not self._cut or self._counts(one)]
        whole = tuple(self._table(one) for one in counting if not self._piece(one))
        pieces = ((self._table(one), self._piece(one)) for one in counting)
        return Cleared(whole, tuple((table, piece) for table, piece in pieces if piece))

    def _piece(self, relation: Relation) -> Piece | None:
        return self._pieces.get((relation.schema, relation.name))

    def _counts(self, relation: Relation) -> bool:
        """Also a chunk may be published that nobody follows yet: its rows will be fetched when it is."""
        piece = self._piece(relation)
        if piece is None:
            return (relation.schema, relation.name) in self._tables or relation.schema in self._homes
        return piece.state is State.HERE

    def _table(self, relation: Relation) -> Table:
        """Each description comes as an object of its own, and again whenever it may have changed."""
        known = self._checked.get(relation.oid)
        if known is not None and known[0] is relation:
            return known[1]
        table = self._check(relation)
        self._checked[relation.oid] = (relation, table)
        return table

    def _check(self, relation: Relation) -> Table:
        name = (relation.schema, relation.name)
        piece = self._piece(relation)
        table = self._named.get(piece.table) if piece else self._tables.get(name)
        if table is None:
            raise PermanentProblem(f"The sender tells of {'.'.join(name)}, which was no table of the tenant's.")
        wanted = {column.name for column in table.written}
        there = {column.name: column.type_oid for column in relation.columns}
        before = self._described.setdefault(name, relation)
        for column in (*sorted(set(there) - wanted), *sorted(wanted - set(there))):
            what = "was added" if column in there else "is gone"
            raise PermanentProblem(f"{table.full_name}: the column {column} {what} while its tenant was being moved.")
        for old in before.columns:
            if there[old.name] != old.type_oid:
                raise PermanentProblem(
                    f"{table.full_name}: the column {old.name} changed its type while its tenant was being moved."
                )
        return table
