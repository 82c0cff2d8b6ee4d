"""Is the change log what it was? Its chain, the checkpoints over it, and copies of those outside the database."""

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from django.db import connection
from django.db.models import Max

from novaops.audit import stored
from novaops.audit.beginning import beginning
from novaops.audit.chain import BEGINNING, Broken, Walk, problem_of
from novaops.audit.marks import Judge, Marks
from novaops.audit.models import Checkpoint, Pruning, Record
from novaops.audit.outside import copy_of
from novaops.audit.signing import KeyProblem, configured
from novaops.audit.trust import Trust

ANYWHERE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is empty when the log is whole, and `head` is the last record's hash; else it says what is wrong with
    `sequence`, the first bad record, and `records` before it are good. `covered` is the last record under a checkpoint,
    `proven` the last one under a copy of a checkpoint that lies outside; `checkpoints` and `copies` are how many of
    them were held against the chain. `pruned` is the last record that was taken away from the beginning, with leave;
    it and those before it are not among `records`."""

    records: int
    head: str
    sequence: int | None = None
    problem: str = ""
    checkpoints: int = 0
    covered: int = 0
    copies: int = 0
    proven: int = 0
    pruned: int = 0

    @property
    def whole(self) -> bool:
        return not self.problem


def verify(outside: Iterable[Path] = (), seen: Callable[[int], object] = lambda sequence: None) -> Verdict:
    """Reads the whole change log of this fleet, as it is at one instant. `outside` are files with its checkpoints;
    `seen` is told how many records are read. Unreadable when one of the files cannot be read."""
    while True:
        before = _prunings()
        verdict = _read(outside, seen)
        # Somebody pruned while it was read: what was missing then is accounted for now.
        if verdict.whole or before == _prunings():
            return verdict


def _read(outside: Iterable[Path], seen: Callable[[int], object]) -> Verdict:
    # In this order: what a copy holds was in the database before, and what that holds is no longer than the chain.
    copies = [copy_of(path) for path in outside]
    newest = Checkpoint.objects.aggregate(newest=Max("number"))["newest"] or 0
    end = stored.end()
    walk, judge = Walk(BEGINNING, end[0]), None
    try:
        begins = beginning()
        walk = Walk(begins.place, end[0])
        judge = Judge(connection.tenant.slug, begins, _trust())  # type: ignore[attr-defined]
        _along(walk, judge, Marks(newest, copies), seen)
        _end(walk, end)
        judge.end()
    except Broken as broken:
        return _verdict(walk, judge, broken)
    return _verdict(walk, judge)


def _prunings() -> int:
    return Pruning.objects.count()


def fault(record: Record, sequence: int, previous: str) -> str:
    """What is wrong with the record that should be number `sequence` and follow `previous`; empty when nothing is."""
    body = replace(record.body, data=json.dumps(record.data))  # type: ignore[arg-type]
    return problem_of((*astuple(body), record.hash), sequence, previous)


def _along(walk: Walk, judge: Judge, marks: Marks, seen: Callable[[int], object]) -> None:
    while walk.sequence < walk.last:
        more, coming = marks.more_to_come, marks.up_to(walk.next_rest)
        # Behind the last checkpoint nobody asks for the tree.
        with closing(walk.on([mark.sequence for mark in coming], tree=more)) as stops:
            for _, mark in zip(stops, coming, strict=True):
                judge.hear(mark, walk)
        seen(walk.sequence)
    for mark in marks.up_to(ANYWHERE):
        sentence = f"The end is missing: {mark.name} covers {mark.sequence} records, and {walk.last} are left."
        raise Broken(walk.last + 1, sentence)


def _end(walk: Walk, end: tuple[int, str, int | None]) -> None:
    sequence, head, beyond = end
    if walk.head != head:
        raise Broken(sequence + 1, f"The end does not fit: record {sequence} is not the one that was written last.")
    if beyond is not None:
        raise Broken(beyond, f"Record {beyond} was added past the end of the chain, which is record {sequence}.")


def _verdict(walk: Walk, judge: Judge | None, broken: Broken | None = None) -> Verdict:
    found = Verdict(walk.sequence - walk.start, walk.head, pruned=walk.start)
    if judge:
        found = replace(found, checkpoints=judge.stored, covered=judge.covered)
        found = replace(found, copies=judge.outside, proven=judge.proven)
    if broken is None:
        return found
    good = broken.sequence - 1 if broken.sequence <= walk.last else walk.sequence
    good = max(0, good - walk.start)
    return replace(found, records=good, head="", sequence=broken.sequence, problem=str(broken))


def _trust() -> Trust:
    """Without a key there is nothing that a signature could be compared with."""
    try:
        return Trust([configured().public])
    except KeyProblem:
        return Trust([])
