"""What was written since it was compared is compared again: in rounds while the tenant writes, the last of it inside
the pause."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from novaops.operations.contract import StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves.comparing.keyed import Key
from shards.moves.comparing.rows import Difference, differences_of
from shards.moves.comparing.touched import COUNT, FORGET, TOUCH, Entry, Keys, all_keys, entries, keys_of, unequal, warm
from shards.moves.comparing.visible import all_visible
from shards.moves.streams import Stream
from shards.moves.tables import Table

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Recheck:
    """`left`: keys that remain, those that came meanwhile too. `settled`: keys that are the same. `lasting`: those
    that differed, by table: they are on their way, or wrong."""

    left: int
    settled: int
    lasting: tuple[tuple[str, Key], ...] = ()


def recheck(
    sender: Session,
    receiver: Session,
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    limit: int = MOST,
) -> Recheck:
    """One round over the oldest entries. What is the same on both sides now is the same for good, unless a change comes
    through the stream: that makes a new entry, with a number that this round does not take away. What differed is left
    as an entry of its own: rows that are written all the time differ in each round, and hold up no others. Nothing is
    settled while a transaction of the tenant goes on that may have been told and not be seen yet."""
    for session in (sender, receiver):
        warm(session)
    seen = entries(receiver, stream, limit)
    if not all_visible(sender, stream):
        seen = []
    keys = keys_of(seen)
    unlike = unequal(sender, receiver, stream, tables, keys)
    wrong = {(table, key) for table, several in unlike.items() for key in several}
    _keep_only(unlike, context, receiver, stream, seen)
    row = receiver.execute(COUNT, (stream.name,)).fetchone()
    settled = sum(map(len, keys.values())) - len(wrong)
    return Recheck(row["keys"] if row else 0, settled, tuple(sorted(wrong)))


def settle(sender: Session, receiver: Session, stream: Stream, tables: Sequence[Table]) -> tuple[Difference, ...]:
    """What differs of all that is left in `arrival_touched`; nothing is changed. Two round trips when all is well, and
    no planning in sessions that have done a `recheck` before."""
    keys = all_keys(receiver, stream)
    wrong = unequal(sender, receiver, stream, tables, keys) if keys else {}
    by_name = {table.full_name: table for table in tables}
    return tuple(
        difference
        for name, keys in wrong.items()
        for difference in differences_of(sender, receiver, stream, by_name[name], keys)
    )


def _keep_only(unlike: Keys, context: StepContext, receiver: Session, stream: Stream, seen: Sequence[Entry]) -> None:
    if sum(len(entry.keys) for entry in seen) > sum(map(len, unlike.values())):
        with fences.writing(receiver, context):
            receiver.execute(FORGET, (stream.name, [entry.number for entry in seen]))
            for table, keys in unlike.items():
                receiver.execute(TOUCH, (stream.name, table, Jsonb(keys)))
