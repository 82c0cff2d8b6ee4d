"""Parts are hashed by threads, each with a session on both sides, while the step's own thread goes on."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from shards.clients.postgres import Session
from shards.moves.chunks import Chunk
from shards.moves.comparing.hashing import Sums, new_seed, sums_of
from shards.moves.comparing.narrowing import narrow
from shards.moves.comparing.points import Pair
from shards.moves.comparing.rows import Difference
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.partitions.leader import problems_of


@dataclass(frozen=True, slots=True)
class Hashed:
    """A part that was compared: how many rows the sender has in it, and those that differ."""

    chunk: Chunk
    rows: int
    differences: tuple[Difference, ...] = ()


class Hashing:
    """Parts that are being compared at one point, by one thread for each pair of sessions."""

    def __init__(self, stream: Stream, tables: Sequence[Table], parts: Sequence[Chunk]) -> None:
        self._stream = stream
        self._tables = {table.full_name: table for table in tables}
        self._left: queue.SimpleQueue[Chunk] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Hashed] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._workers: list[Future[None]] = []
        for part in parts:
            self._left.put(part)

    def start(self, pairs: Sequence[Pair], threads: ThreadPoolExecutor) -> None:
        self._workers = [threads.submit(self._work, pair, threads) for pair in pairs]

    def stop(self) -> None:
        """No part is begun any more; those that are being hashed come to their end."""
        self._stopped.set()

    @property
    def ended(self) -> bool:
        """Nothing more is done. Raises what went wrong in a thread."""
        ended = [worker for worker in self._workers if worker.done()]
        for worker in ended:
            worker.result()
        return len(ended) == len(self._workers)

    def done(self, seconds: float) -> list[Hashed]:
        """What was compared since it was asked last; waits for at most so long when there is nothing yet."""
        found: list[Hashed] = []
        try:
            found.append(self._done.get(timeout=seconds))
            while True:
                found.append(self._done.get_nowait())
        except queue.Empty:
            return found

    def _work(self, pair: Pair, threads: ThreadPoolExecutor) -> None:
        while not self._stopped.is_set():
            try:
                chunk = self._left.get_nowait()
            except queue.Empty:
                return
            self._done.put(self._compared(chunk, pair, threads))

    def _compared(self, chunk: Chunk, pair: Pair, threads: ThreadPoolExecutor) -> Hashed:
        stream, table, seed = self._stream, self._tables[chunk.table], new_seed()

        def sums(shard: str, session: Session, part: Chunk) -> Sums:
            with problems_of(f"The leader of {shard}"):
                return sums_of(session, stream, table, part, seed)

        def both(part: Chunk) -> tuple[Sums, Sums]:
            there = threads.submit(sums, stream.sender, pair.sender, part)
            ours = sums(stream.receiver, pair.receiver, part)
            return there.result(), ours

        theirs, ours = both(chunk)
        if theirs == ours:
            return Hashed(chunk, theirs.rows)
        return Hashed(chunk, theirs.rows, tuple(narrow(pair.sender, pair.receiver, stream, table, chunk, both, seed)))


@contextmanager
def hashing(
    stream: Stream, tables: Sequence[Table], parts: Sequence[Chunk], pairs: Sequence[Pair]
) -> Iterator[Hashing]:
    """Left by an error, it waits for no statement: the sessions of the pairs have come to their deadline."""
    one = Hashing(stream, tables, parts)
    with ThreadPoolExecutor(2 * len(pairs), thread_name_prefix="comparing") as threads:
        one.start(pairs, threads)
        try:
            yield one
        except BaseException:
            for pair in pairs:
                pair.sender.deadline = pair.receiver.deadline = time.monotonic()
            raise
        finally:
            one.stop()
