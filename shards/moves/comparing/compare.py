"""All rows of a tenant, part by part, while its application goes on writing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from novaops.operations.contract import StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves.chunks import chunks_of
from shards.moves.comparing.parts import Hashed, hashing
from shards.moves.comparing.points import ANSWER_SECONDS, POINT_SECONDS, Applies, one_point
from shards.moves.comparing.rows import MOST_NAMED, Difference, RowsDiffer
from shards.moves.comparing.statistics import refresh
from shards.moves.sessions import receiving
from shards.moves.streams import Stream
from shards.moves.tables import Table

APPLY_SECONDS = 0.1
VERIFIED = """
    UPDATE novaops_schema.arrival_chunks AS chunk SET verified_at = now(), rows = seen.rows
    FROM unnest(%s::text[], %s::integer[], %s::bigint[]) AS seen (table_name, number, rows)
    WHERE chunk.stream = %s AND chunk.table_name = seen.table_name AND chunk.number = seen.number
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every row is the same, but for what was written meanwhile, which is in `arrival_touched`. `rows` and `chunks` are
    all that were compared, also before this call; `points` is how many moments it took."""

    rows: int
    chunks: int
    points: int
    seconds: float
    at: datetime


def compare(
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    applier: Applies,
    point_seconds: float = POINT_SECONDS,
) -> Comparison:
    """Goes on with the parts that are not verified; each point is good for the parts that are begun in `point_seconds`.
    RowsDiffer, a PermanentProblem, when rows are not the same."""
    began, points = time.monotonic(), 0
    with receiving(stream, ANSWER_SECONDS) as receiver:
        if not any(chunk.verified for chunk in chunks_of(receiver, stream)):
            refresh(context, receiver, tables)
        while not all(chunk.verified for chunk in chunks_of(receiver, stream)):
            _at_one_point(context, stream, tables, receiver, applier, point_seconds)
            points += 1
        chunks = chunks_of(receiver, stream)
    rows = sum(chunk.rows or 0 for chunk in chunks)
    return Comparison(rows, len(chunks), points, time.monotonic() - began, datetime.now(UTC))


def _at_one_point(
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    receiver: Session,
    applier: Applies,
    point_seconds: float,
) -> None:
    chunks = chunks_of(receiver, stream)
    left = [chunk for chunk in chunks if not chunk.verified]
    compared, until = len(chunks) - len(left), 0.0
    found: list[Difference] = []
    with (
        one_point(context, stream, tables, receiver, applier, nothing_verified=not compared) as pairs,
        hashing(stream, tables, left, pairs) as parts,
    ):
        until = time.monotonic() + point_seconds
        while True:
            ended = parts.ended
            several = parts.done(0.0 if ended else APPLY_SECONDS / 2)
            if len(found) > MOST_NAMED or (several and time.monotonic() > until):
                parts.stop()
            _keep(context, stream, receiver, [part for part in several if not part.differences])
            compared += len(several)
            found += [difference for part in several for difference in part.differences]
            context.progress(compared, len(chunks), f"{compared:,} of {len(chunks):,} parts compared")
            if ended:
                break
            applier.step(APPLY_SECONDS)
    if found:
        raise RowsDiffer(stream, found)


def _keep(context: StepContext, stream: Stream, receiver: Session, same: Sequence[Hashed]) -> None:
    """What was written to them since the point is in `arrival_touched`: whoever goes on need not look at them again."""
    receiver.deadline = time.monotonic() + ANSWER_SECONDS
    if same:
        names, numbers = [part.chunk.table for part in same], [part.chunk.number for part in same]
        with fences.writing(receiver, context):
            receiver.execute(VERIFIED, (names, numbers, [part.rows for part in same], stream.name))
