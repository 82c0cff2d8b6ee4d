"""Checkpoints held against the chain, each at its own place: what was signed then must be what stands there now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from novaops.audit.beginning import Beginning
from novaops.audit.canonical import GENESIS
from novaops.audit.chain import Broken, Walk
from novaops.audit.models import Checkpoint
from novaops.audit.outside import Copy
from novaops.audit.statements import Line
from novaops.audit.trust import Trust


@dataclass(frozen=True, slots=True)
class Mark:
    """A checkpoint and where it lies; `copy` is None for the database itself."""

    line: Line
    copy: Copy | None = None

    @property
    def sequence(self) -> int:
        return self.line.statement.sequence

    @property
    def name(self) -> str:
        number = self.line.statement.number
        return f"checkpoint {number} in {self.copy.path}" if self.copy else f"checkpoint {number}"


class Judge:
    """Hears the marks in the order of their places, and holds each against what the walk has seen up to there."""

    def __init__(self, fleet: str, begins: Beginning, trust: Trust) -> None:
        self.fleet, self.begins, self.trust = fleet, begins, trust
        self._signers: set[str] = set()
        self.stored, self.outside = 0, 0
        self.covered, self.proven = 0, 0
        self._last: Line | None = None

    def hear(self, mark: Mark, walk: Walk) -> None:
        """Broken with the first record that may be another than the one that was signed."""
        problem = self._problem(mark, walk)
        if problem:
            raise Broken(self._good(mark) + 1, problem)
        if mark.copy:
            self.outside, self.proven = self.outside + 1, mark.sequence
        else:
            self.stored, self.covered, self._last = self.stored + 1, mark.sequence, mark.line
            self._signers.add(mark.line.statement.key)
            self.trust.hear(mark.line)

    def end(self) -> None:
        stranger = self.trust.stranger
        if stranger:
            said = stranger.statement
            raise Broken(
                said.sequence,
                f"Checkpoint {said.number} is signed by the key {said.key}, which is not the key of this installation "
                "and was introduced by none that it knows.",
            )
        for pruned, _ in self.begins.prunings:
            # The keys of the checkpoints are vouched for by now.
            if self.trust.known and pruned.key not in self.trust.known | self._signers:
                sentence = (
                    f"Pruning {pruned.number} is signed by the key {pruned.key}, which signed no checkpoint here."
                )
                raise Broken(pruned.first, sentence)

    def _problem(self, mark: Mark, walk: Walk) -> str:
        said, name = mark.line.statement, mark.name[0].upper() + mark.name[1:]
        if said.chain != self.begins.chain:
            return f"{name} belongs to another chain: its first record is another than the one that stands here."
        if said.fleet != self.fleet:
            return f"{name} belongs to another fleet, {said.fleet}."
        if not mark.line.signed:
            return f"{name} does not carry the signature of the key that it names: it was altered, or never made here."
        # What lies before the beginning is in the archive: it is compared with that.
        if said.sequence >= self.begins.place.sequence:
            if (said.head, said.root) != (walk.head, walk.tree.root):
                return self._differs(mark)
            if said.sequence > walk.start and said.pruned != self.begins.pruned_at(said.sequence):
                return self._begins_elsewhere(mark)
        return self._out_of_step(mark) if mark.copy else self._no_successor(mark.line)

    def _differs(self, mark: Mark) -> str:
        said, good = mark.line.statement, self._good(mark)
        several = good + 1 < said.sequence
        which = f"Records {good + 1} to {said.sequence} are" if several else f"Record {said.sequence} is"
        return f"{which} not what {mark.name} signed on {said.made_at}: the chain was made anew since."

    def _begins_elsewhere(self, mark: Mark) -> str:
        gone, said = self.begins.pruned_at(mark.sequence), mark.line.statement.pruned
        return f"{mark.name[0].upper()}{mark.name[1:]} says that records up to {said} were pruned; here it is {gone}."

    def _good(self, mark: Mark) -> int:
        """The last record that is vouched for: against a copy, the database's own checkpoints say nothing."""
        return self.proven if mark.copy else self.covered

    def _no_successor(self, line: Line) -> str:
        before, said = self._last, line.statement
        number, digest = (before.statement.number, before.statement.digest) if before else (0, GENESIS)
        if said.number != number + 1:
            return f"Checkpoint {number + 1} is missing: checkpoint {said.number} follows {number}."
        if said.previous != digest:
            return f"Checkpoint {said.number} does not follow its predecessor: it names another digest than that has."
        return ""

    def _out_of_step(self, mark: Mark) -> str:
        """The database's own checkpoint of a place is heard before the copies of it."""
        said, here = mark.line.statement, self._last.statement if self._last else None
        if here and here.digest == said.digest:
            return ""
        return f"The database does not hold {mark.name}, which was made on {said.made_at} over {said.sequence} records."


class Marks:
    """The database's checkpoints up to number `newest`, and copies of them outside, by their places."""

    def __init__(self, newest: int, copies: Iterable[Copy]) -> None:
        self._newest, self._heard, self._after = newest, 0, 0
        self._copies = [_Reader(copy) for copy in copies]

    @property
    def more_to_come(self) -> bool:
        return self._heard < self._newest or any(reader.more_to_come for reader in self._copies)

    def up_to(self, sequence: int) -> list[Mark]:
        """The next ones up to that record, the database's own before the copies of them."""
        several = Checkpoint.objects.filter(number__lte=self._newest, sequence__gt=self._after, sequence__lte=sequence)
        found = [Mark(_line(one)) for one in several.order_by("sequence")]
        self._after, self._heard = sequence, self._heard + len(found)
        copies = [mark for reader in self._copies for mark in reader.up_to(sequence)]
        return sorted(found + copies, key=lambda mark: mark.sequence)


class _Reader:
    def __init__(self, copy: Copy) -> None:
        self._copy, self._lines = copy, copy.lines()
        self._next = next(self._lines, None)

    @property
    def more_to_come(self) -> bool:
        return self._next is not None

    def up_to(self, sequence: int) -> Iterator[Mark]:
        while self._next and self._next.statement.sequence <= sequence:
            yield Mark(self._next, self._copy)
            self._next = next(self._lines, None)


def _line(checkpoint: Checkpoint) -> Line:
    try:
        line = checkpoint.line(())
    except ValueError:
        raise Broken(checkpoint.sequence, f"Checkpoint {checkpoint.number} is no longer one.") from None
    said = line.statement
    stands = (checkpoint.number, checkpoint.sequence, checkpoint.key)
    if (said.number, said.sequence, said.key) != stands:
        raise Broken(checkpoint.sequence, f"Checkpoint {checkpoint.number} says another than its columns do.")
    return line
