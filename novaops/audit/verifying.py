"""Is the chain whole? Every hash is computed again, every record names its predecessor, nothing is missing."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from novaops.audit.canonical import GENESIS, recanonical
from novaops.audit.documents import Stored, documents, end
from novaops.audit.models import Record


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
    verdict = check(documents(sequence), (sequence, digest))
    if verdict.whole and beyond is not None:
        sentence = f"Record {beyond} was added past the end of the chain, which is record {sequence}."
        return Verdict(verdict.records, verdict.head, beyond, sentence)
    return verdict


def check(records: Iterable[Stored], end: tuple[int, str]) -> Verdict:
    """Walks the chain from its first record to its end, which is (sequence, hash) of the last one."""
    count, previous = 0, GENESIS
    for count, stored in enumerate(records, 1):
        sequence, predecessor, digest, document = stored
        if sequence != count or predecessor != previous or not _fits(document, digest):
            return Verdict(count - 1, previous, count, _problem(stored, count, previous))
        previous = digest
    if (count, previous) != end:
        return Verdict(count, previous, count + 1, _torn(count, end))
    return Verdict(count, previous)


def fault(record: Record, sequence: int, previous: str) -> str:
    """What is wrong with the record that should be number `sequence` and follow `previous`; empty when nothing is."""
    return _problem(
        (record.sequence, record.previous_hash, record.hash, json.dumps(asdict(record.body))), sequence, previous
    )


def _fits(document: str, digest: str) -> bool:
    try:
        return hashlib.sha256(recanonical(document)).hexdigest() == digest
    except ValueError:
        return False  # It says something that canonical JSON cannot: nobody has ever hashed it.


def _problem(stored: Stored, number: int, previous: str) -> str:
    sequence, predecessor, digest, document = stored
    if sequence != number:
        return f"Record {number} is missing: record {sequence} stands in its place."
    if predecessor != previous:
        return f"Record {number} does not follow its predecessor: it names another hash than record {number - 1} has."
    if not _fits(document, digest):
        return f"Record {number} was altered: its content does not give its hash."
    return ""


def _torn(count: int, end: tuple[int, str]) -> str:
    if count < end[0]:
        return f"The end is missing: the chain had {end[0]} records, and {count} are left."
    return f"The end does not fit: record {count} is not the one that was written last."
