"""Is the chain whole? Every hash is computed again, every record names its predecessor, nothing is missing."""

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace

from novaops.audit.canonical import GENESIS, stored_digest
from novaops.audit.models import Record
from novaops.audit.stored import Row, body_of, end, rows


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is empty when the chain is whole; else it says what is wrong with `sequence`, the first bad record."""

    records: int
    head: str
    sequence: int | None = None
    problem: str = ""

    @property
    def whole(self) -> bool:
        return not self.problem


def verify() -> Verdict:
    """Reads the whole change log of this fleet, as it is at one instant."""
    sequence, digest, beyond = end()
    verdict = check(rows(sequence), (sequence, digest))
    if verdict.whole and beyond is not None:
        sentence = f"Record {beyond} was added past the end of the chain, which is record {sequence}."
        return Verdict(verdict.records, verdict.head, beyond, sentence)
    return verdict


def check(records: Iterable[Row], end: tuple[int, str]) -> Verdict:
    """Walks the chain from its first record to its end, which is (sequence, hash) of the last one."""
    count, previous = 0, GENESIS
    for count, row in enumerate(records, 1):
        problem = _problem(row, count, previous)
        if problem:
            return Verdict(count - 1, previous, count, problem)
        previous = row[-1]
    if (count, previous) != end:
        return Verdict(count, previous, count + 1, _torn(count, end))
    return Verdict(count, previous)


def fault(record: Record, sequence: int, previous: str) -> str:
    """What is wrong with the record that should be number `sequence` and follow `previous`; empty when nothing is."""
    body = replace(record.body, data=json.dumps(record.data))  # type: ignore[arg-type]
    return _problem((*astuple(body), record.hash), sequence, previous)


def _problem(row: Row, number: int, previous: str) -> str:
    if row[0] != number:
        return f"Record {number} is missing: record {row[0]} stands in its place."
    if row[9] != previous:
        return f"Record {number} does not follow its predecessor: it names another hash than record {number - 1} has."
    try:
        whole = stored_digest(body_of(row)) == row[10]
    except ValueError:
        whole = False  # It says what canonical JSON cannot: it was never written so.
    return "" if whole else f"Record {number} was altered: its content does not give its hash."


def _torn(count: int, end: tuple[int, str]) -> str:
    if count < end[0]:
        return f"The end is missing: the chain had {end[0]} records, and {count} are left."
    return f"The end does not fit: record {count} is not the one that was written last."
