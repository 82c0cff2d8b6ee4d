"""Rows side by side: which differ, and in what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.comparing.keyed import Key, arrays_of, keyed
from shards.moves.streams import Stream
from shards.moves.tables import Table

MOST_NAMED = 50
SENDER, RECEIVER = "sender", "receiver"
Values = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same on both sides: in these columns, or because it is on one of them only."""

    table: str
    key: Key
    columns: tuple[str, ...] = ()
    only_on: str = ""

    def __str__(self) -> str:
        where = f"in {', '.join(self.columns)}" if self.columns else f"as it is only on the {self.only_on}"
        return f"the row ({', '.join(self.key)}) of {self.table} differs {where}"


class RowsDiffer(PermanentProblem):
    """`found` names at most `MOST_NAMED` rows; `others` more are known to differ."""

    def __init__(self, stream: Stream, found: Sequence[Difference]) -> None:
        self.found = tuple(found[:MOST_NAMED])
        self.others = len(found) - len(self.found)
        more = f", and {len(found) - 1:,} or more others differ" if len(found) > 1 else ""
        super().__init__(
            f"{stream.tenant_id} is not the same on {stream.sender} (sender) and {stream.receiver} (receiver): "
            f"{found[0]}{more}."
        )


def differences_of(
    sender: Session, receiver: Session, stream: Stream, table: Table, keys: Sequence[Key]
) -> list[Difference]:
    """Those of the rows with these keys that are not the same, by the text of each value."""
    theirs, ours = (_rows(session, stream, table, keys) for session in (sender, receiver))
    found = (_difference(table, key, theirs.get(number), ours.get(number)) for number, key in enumerate(keys, start=1))
    return [difference for difference in found if difference is not None]


def named(differences: Iterable[Difference]) -> list[Mapping[str, object]]:
    """As a record keeps them."""
    return [
        {"table": one.table, "key": ", ".join(one.key), "columns": list(one.columns), "only_on": one.only_on}
        for one in differences
    ]


def _rows(session: Session, stream: Stream, table: Table, keys: Sequence[Key]) -> dict[int, Values]:
    """By the number of their key. As the server writes them: no cast or reader has a say in what is the same."""
    what = sql.SQL(", ").join(sql.Identifier("compared", column.name) for column in table.columns)
    arrays = [sql.Literal(values) for values in arrays_of(table, keys)]
    texts = [sql.SQL("{}::text[]").format(array) for array in arrays]
    result = session.execute(keyed(table, 0, what, texts, sql.Literal(stream.tenant_id))).pgresult
    assert result is not None, "a query has a result"
    width = len(table.columns) + 2
    rows = [[result.get_value(row, place) for place in range(width)] for row in range(result.ntuples)]
    return {int(row[1] or 0): tuple(row[2:]) for row in rows}


def _difference(table: Table, key: Key, theirs: Values | None, ours: Values | None) -> Difference | None:
    if theirs == ours:
        return None
    if theirs is None or ours is None:
        return Difference(table.full_name, key, only_on=RECEIVER if theirs is None else SENDER)
    pairs = zip(table.columns, theirs, ours, strict=True)
    return Difference(table.full_name, key, tuple(column.name for column, one, other in pairs if one != other))
