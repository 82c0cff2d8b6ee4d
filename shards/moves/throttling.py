"""What holds a move back: its limit, its hours, replicas that lag behind, and WAL that is kept for it."""

import threading
import time

from django.utils import timezone

from novaops.operations.contract import StepContext, TransientProblem
from shards.moves import keeping
from shards.moves.models import Move
from shards.moves.streams import Stream
from shards.moves.throttling_bucket import Bucket, Ended
from shards.moves.throttling_hours import waits_until
from shards.moves.throttling_pressure import Gauge, Pressure

LAG_SECONDS = 10.0
HELD_BYTES = 4 * 2**30
LOOK_SECONDS = 1.0
OWN_LOOK_SECONDS = 0.5
RATE_SECONDS = 10.0
TURNED = ("limit_mb", "hours_from", "hours_until", "time_zone")


class Brake:
    """The Throttle of a step of a move; made in the step's own thread, which alone reads and writes what the console
    keeps. `drain_due`: so much WAL is kept for the stream that changes are to be applied before more is copied."""

    def __init__(self, move: Move, context: StepContext, stream: Stream | None = None) -> None:
        self.drain_due = False
        self._move, self._context = move, context
        self._gauge = Gauge(stream or keeping.stream_of(move))
        self._own = threading.get_ident()
        self._bucket = Bucket()
        self._looked = float("-inf")
        self._told: list[tuple[float, int]] = []
        self._waits_for = ""

    def pass_on(self, size: int) -> None:
        """In the step's own thread it looks by itself while it waits."""
        try:
            if threading.get_ident() == self._own:
                self.look()
                while size == 0 and self._waits_for:
                    self._context.progress(0, None, self._waits_for)
                    self._bucket.rest(OWN_LOOK_SECONDS)
                    self.look()
            self._bucket.take(size)
        except Ended as end:
            raise TransientProblem("What it was part of has ended.") from end

    def look(self) -> None:
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        self._move.refresh_from_db(fields=TURNED)
        pressures = self._gauge.read()
        self._keep(self._reason(pressures), pressures[self._gauge.stream.sender])
        limit = self._move.limit_mb
        self._bucket.turn(None if limit is None else max(limit, 0.001) * 1e6, not self._waits_for)

    def note(self, rows: int, size: int) -> None:
        now = time.monotonic()
        self._told = [(at, known) for at, known in self._told if now - at < RATE_SECONDS] + [(now, size)]
        (first, before), (last, after) = self._told[0], self._told[-1]
        rate = (after - before) / (last - first) if last > first else None
        keeping.note(self._move, rows_copied=rows, bytes_copied=size, bytes_per_second=rate)

    def end(self) -> None:
        self._bucket.end()

    def _reason(self, pressures: dict[str, Pressure]) -> str:
        move = self._move
        if sentence := waits_until(timezone.now(), move.hours_from, move.hours_until, move.time_zone):
            return sentence
        for shard, found in pressures.items():
            if found.lag is not None and found.lag > LAG_SECONDS:
                return f"A replica of {shard} is {found.lag:.0f} s behind: at most {LAG_SECONDS:.0f} are let pass."
        return ""

    def _keep(self, reason: str, sender: Pressure) -> None:
        most = HELD_BYTES if sender.most < 0 else min(HELD_BYTES, sender.most / 2)
        self.drain_due = sender.held is not None and sender.held > most
        changed = {} if reason == self._waits_for else {"waits_for": reason}
        self._waits_for = reason
        keeping.note(self._move, held_bytes=sender.held, **changed)
