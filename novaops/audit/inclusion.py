"""Records with the proof that each of them is in the log which a signed checkpoint covers (RFC 9162, 2.1.3, for many at
once): the hashes of the subtrees between them. Whoever has the records and those can compute the signed root.

Every step is short, so that it can be taken in a request's stream: nothing is kept open between them."""

from array import array
from collections.abc import Iterator
from typing import Any

import rfc8785
from django.utils import timezone

from novaops.audit import checkpoints, stored
from novaops.audit.beginning import prunings
from novaops.audit.canonical import instant
from novaops.audit.checkpoints import Unsound
from novaops.audit.merkle import Span
from novaops.audit.models import Checkpoint, Record
from novaops.audit.pruned import line_of as pruning_line
from novaops.audit.selectors import Filters, filtered
from novaops.audit.signing import KeyProblem

RECORDS, HASHES = 2000, 50_000
HASHES_A_LINE = 1000


class Proven:
    """First all of `records()`, then all of `proof()`; both inside the fleet's schema."""

    def __init__(self, fleet: str, filters: Filters) -> None:
        self.fleet, self.filters = fleet, filters
        self.count = 0
        self._checkpoint: Checkpoint | None = None
        self._problem = ""
        # Where the records lie in the tree, as pairs of a first leaf and the one behind the last.
        self._runs = array("q")

    def records(self) -> Iterator[list[Record]]:
        """Oldest first, up to the end as it is now; a checkpoint is made that covers them, if there is a key."""
        end = self._cover(stored.end()[0])
        after: int | None = 0
        while after is not None:
            chosen = filtered(self.filters).filter(sequence__gt=after, sequence__lte=end).order_by("sequence")
            found = list(chosen[:RECORDS])
            for record in found:
                self._note(record.sequence - 1)
            yield found
            after = found[-1].sequence if len(found) == RECORDS else None

    def proof(self) -> Iterator[bytes]:
        """Lines with the hashes between the records, in order, and a last one that says what they prove."""
        waiting: list[str] = []
        for parts in self._between():
            waiting += parts
            full = len(waiting) - len(waiting) % HASHES_A_LINE
            yield b"".join(_hashes(waiting[at : at + HASHES_A_LINE]) for at in range(0, full, HASHES_A_LINE))
            del waiting[:full]
        yield _hashes(waiting) if waiting else b""
        yield rfc8785.dumps({"proof": self._said()}) + b"\n"

    def _cover(self, end: int) -> int:
        """The last record of the export: the one that the checkpoint ends with, where it covers them all."""
        try:
            self._checkpoint = checkpoints.make()
        except (KeyProblem, Unsound) as problem:
            self._checkpoint, self._problem = checkpoints.last(), str(problem)
        return max(end, self._checkpoint.sequence if self._checkpoint else 0)

    def _note(self, leaf: int) -> None:
        self.count += 1
        if self._runs and self._runs[-1] == leaf:
            self._runs[-1] = leaf + 1
        else:
            self._runs.extend((leaf, leaf + 1))

    def _between(self) -> Iterator[list[str]]:
        """The subtrees of each gap up to the checkpoint; an empty list now and then, while one is worked on."""
        size = self._checkpoint.sequence if self._checkpoint else 0
        begin = 0
        for at in range(0, len(self._runs) + 2, 2):
            end = min(self._runs[at], size) if at < len(self._runs) else size
            if begin < end:
                yield from _parts(begin, end)
            if end == size:
                return
            begin = self._runs[at + 1]

    def _said(self) -> dict[str, Any]:
        return {
            "version": 1,
            "fleet": self.fleet,
            "filters": self.filters.narrow,
            "records": self.count,
            "exported_at": instant(timezone.now()),
            "checkpoint": line_of(self._checkpoint) if self._checkpoint else None,
            "problem": self._problem,
            "prunings": [pruning_line(one.body, one.signature) for one in prunings()],
        }


def _parts(begin: int, end: int) -> Iterator[list[str]]:
    span = _kept(end) if begin == 0 else Span(begin)
    while span.end < end:
        span.add(stored.hashes(span.end, min(end, span.end + HASHES)))
        yield []
    yield span.parts


def _kept(end: int) -> Span:
    """The tree of the last checkpoint before that leaf."""
    before = Checkpoint.objects.filter(sequence__lte=end).first()
    return Span(0, before.sequence, before.frontier) if before else Span()


def _hashes(several: list[str]) -> bytes:
    return rfc8785.dumps({"hashes": several}) + b"\n"


def line_of(checkpoint: Checkpoint) -> dict[str, Any]:
    before = Checkpoint.objects.filter(number=checkpoint.number - 1).first()
    return checkpoint.line(before.frontier if before else []).content
