"""All parts of a tenant's tables that are not there yet: side by side, each in a transaction of its own."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from novaops.operations.contract import StepContext, TransientProblem
from shards import fences
from shards.moves import chunks, published
from shards.moves.chunks import Chunk
from shards.moves.copying import indexes, views
from shards.moves.copying.crew import Crew
from shards.moves.copying.older import end_older
from shards.moves.copying.part import Errand, bring
from shards.moves.sessions import leaders_of, receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.moves.throttle import Throttle

WORKERS = 2
LOOK_SECONDS = 0.3
PLAN_SECONDS = 3600.0
AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Copied:
    """What this call copied; parts that had been copied before are not in it."""

    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Relief:
    """What has to be done in between, while no part is under way: `due` is asked all the time, `bring` does it. It may
    write rows of parts that are not there yet."""

    due: Callable[[], bool] = lambda: False
    bring: Callable[[], None] = lambda: None


def copy(
    context: StepContext,
    stream: Stream,
    tables: Sequence[Table],
    throttle: Throttle,
    workers: int = WORKERS,
    relief: Relief = Relief(),
) -> Copied:
    """Called by a step, after the stream's slot and its row in `arrivals` were made. Goes on where an earlier call was
    broken off, and after a problem that passes for as long as it gets further. When it returns, all rows are there, and
    the indexes of a tenant's own schema."""
    began = time.monotonic()
    with sending(stream, PLAN_SECONDS) as sender, receiving(stream, PLAN_SECONDS) as receiver:
        for session in (sender, receiver):
            end_older(session, context, stream)
        planned = chunks.plan_chunks(context, sender, receiver, stream, tables)
    work = _Work(context, stream, tables, throttle, workers, relief, planned)
    while work.left:
        work.go_on()
    indexes.complete(context, stream, workers)
    views.refresh(context, stream)
    published.follow(context, stream)
    return Copied(work.rows, work.bytes, time.monotonic() - began)


@dataclass(slots=True)
class _Work:
    """How far this call came: `rows` and `bytes` of what it copied, `left` the parts that are not there."""

    context: StepContext
    stream: Stream
    tables: Sequence[Table]
    throttle: Throttle
    workers: int
    relief: Relief
    planned: tuple[Chunk, ...]
    rows: int = 0
    bytes: int = 0
    left: dict[tuple[str, int], Chunk] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.left = {(chunk.table, chunk.number): chunk for chunk in self.planned if not chunk.copied}

    def go_on(self) -> None:
        """Until all parts are there, relief is due, or something breaks: it is raised when nothing was done before."""
        before = len(self.left)
        if self.relief.due():
            self.relief.bring()
        try:
            self._side_by_side()
        except TransientProblem as problem:
            if len(self.left) == before:
                raise
            self.context.log(f"{problem} The copy goes on with the {len(self.left)} parts that are left.")

    def _side_by_side(self) -> None:
        self.throttle.look()
        errand = self._errand()
        crew = Crew(lambda chunk: self._bring(errand, crew, chunk), self.left.values(), self.workers, self.throttle.end)
        with crew:
            while crew.works(LOOK_SECONDS):
                self._tell()
                if self.relief.due():
                    crew.begin_no_more()
        self._tell()

    def _errand(self) -> Errand:
        named = {table.full_name: table for table in self.tables}
        return Errand(self.context, fences.console_id(), self.stream, leaders_of(self.stream), named)

    def _bring(self, errand: Errand, crew: Crew[Chunk], chunk: Chunk) -> None:
        """In a thread of the crew."""

        def pass_on(size: int) -> None:
            crew.check()
            self.throttle.pass_on(size)

        rows, size = bring(errand, chunk, pass_on)
        with self.lock:
            self.rows, self.bytes = self.rows + rows, self.bytes + size
            del self.left[chunk.table, chunk.number]

    def _tell(self) -> None:
        self.throttle.look()
        there = [chunk for chunk in self.planned if chunk.copied]
        rows = self.rows + sum(chunk.rows or 0 for chunk in there)
        size = self.bytes + sum(chunk.bytes or 0 for chunk in there)
        self.throttle.note(rows, size)
        total = len(self.planned)
        self.context.progress(total - len(self.left), total, f"{rows:,} rows, {size / 1e6:,.0f} MB")
