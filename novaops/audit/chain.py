"""Along the chain, once: every hash is computed again, every record names its predecessor, nothing is missing."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from novaops.audit.canonical import GENESIS, stored_digest
from novaops.audit.merkle import AT_ONCE, Span
from novaops.audit.stored import Row, body_of, rows

# One statement, and what it keeps from being cleaned up, lasts about a second.
PER_STATEMENT = 100_000


class Broken(Exception):
    """`sequence` is the first bad record; the sentence says what is wrong."""

    def __init__(self, sequence: int, sentence: str) -> None:
        super().__init__(sentence)
        self.sequence = sequence


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the chain: the record that stands there, its hash, and the tree up to it."""

    sequence: int = 0
    head: str = GENESIS
    frontier: tuple[str, ...] = ()


BEGINNING = Place()


class Walk:
    """Goes from `start` to record `last`, as the database has them. `tree` is over all records up to where it is,
    `grown` over those that it has seen itself."""

    def __init__(self, start: Place, last: int) -> None:
        self.start, self.sequence, self.head, self.last = start.sequence, start.sequence, start.head, last
        self._before, self.grown = Span(0, start.sequence, start.frontier), Span(start.sequence)

    @property
    def tree(self) -> Span:
        return self._before.extended(self.grown) if self._before.end else self.grown

    @property
    def next_rest(self) -> int:
        """The record to which one statement leads; there, the connection is free for others."""
        return min(self.last, self.sequence + PER_STATEMENT)

    def on(self, stops: Iterable[int], tree: bool = True) -> Generator[int]:
        """To the next rest, with a stop at each of these records on the way. Broken when one is not what was written,
        or the end comes before it."""
        rest = self.next_rest
        with closing(rows(rest, self.sequence) if self.sequence else rows(rest)) as found:
            coming = whole(found, Place(self.sequence, self.head))
            for stop in stops:
                self._to(stop, coming, tree)
                yield stop
            self._to(rest, coming, tree)

    def _to(self, sequence: int, coming: Iterator[str], tree: bool) -> None:
        while self.sequence < sequence:
            hashes = list(islice(coming, min(AT_ONCE, sequence - self.sequence)))
            if not hashes:
                left = self.sequence
                sentence = f"The end is missing: the chain had {self.last} records, and {left} are left."
                raise Broken(left + 1, sentence)
            if tree:
                self.grown.add(hashes)
            self.sequence, self.head = self.sequence + len(hashes), hashes[-1]


def whole(records: Iterable[Row], after: Place = BEGINNING) -> Iterator[str]:
    """Their hashes, as long as they are what was written; then Broken."""
    previous = after.head
    for number, row in enumerate(records, after.sequence + 1):
        problem = problem_of(row, number, previous)
        if problem:
            raise Broken(number, problem)
        previous = row[10]
        yield previous


def problem_of(row: Row, number: int, previous: str) -> str:
    """What is wrong with the record that should be number `number` and follow `previous`; empty when nothing is."""
    if row[0] != number:
        return f"Record {number} is missing: record {row[0]} stands in its place."
    if row[9] != previous:
        return f"Record {number} does not follow its predecessor: it names another hash than record {number - 1} has."
    try:
        fits = stored_digest(body_of(row)) == row[10]
    except ValueError:
        fits = False  # It says what canonical JSON cannot: it was never written so.
    return "" if fits else f"Record {number} was altered: its content does not give its hash."
