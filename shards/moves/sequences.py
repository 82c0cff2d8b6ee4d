"""Sequences of a tenant's tables: replication does not carry them, so the new shard's are set as far as the old's."""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass

from psycopg import sql

from shards.clients.postgres import Session


@dataclass(frozen=True, slots=True)
class Sequence:
    """`step` is below 0 for one that counts down."""

    schema: str
    name: str
    step: int = 1

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def values(session: Session, sequences: Many[Sequence]) -> list[int | None]:
    """What each gave out last; None for one that was never used. One round trip."""
    if not sequences:
        return []
    one = sql.SQL("SELECT {} AS number, CASE WHEN is_called THEN last_value END AS value FROM {}")
    parts = [one.format(sql.Literal(number), sequence.identifier) for number, sequence in enumerate(sequences)]
    rows = session.execute(sql.SQL("{} ORDER BY number").format(sql.SQL(" UNION ALL ").join(parts)))
    return [row["value"] for row in rows]


def follow(sender: Session, receiver: Session, sequences: Many[Sequence]) -> int:
    """Sets those of the receiver that are behind, and says how many. Nothing is ever set back: other tenants count with
    the same ones."""
    both = zip(sequences, values(sender, sequences), values(receiver, sequences), strict=True)
    behind = [
        (sequence, theirs)
        for sequence, theirs, ours in both
        if theirs is not None and (ours is None or (theirs - ours) * sequence.step > 0)
    ]
    _set(receiver, behind)
    return len(behind)


def _set(receiver: Session, behind: Iterable[tuple[Sequence, int]]) -> None:
    one = sql.SQL("setval({}::regclass, {})")
    parts = [
        one.format(sql.Literal(sequence.identifier.as_string(receiver)), sql.Literal(value))
        for sequence, value in behind
    ]
    if parts:
        receiver.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(parts)))
