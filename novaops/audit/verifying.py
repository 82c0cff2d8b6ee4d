"""Is the chain whole? Every hash is computed again, every record names its predecessor, nothing is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from novaops.audit.canonical import GENESIS
from novaops.audit.models import Head, Record

BATCH = 2000


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
    with transaction.atomic():
        head = Head.objects.select_for_update().get()
        end = (head.sequence, head.hash)
        beyond = Record.objects.filter(sequence__gt=head.sequence).order_by("sequence").first()
    records = Record.objects.filter(sequence__lte=end[0]).order_by("sequence")
    verdict = check(records.iterator(chunk_size=BATCH), end)
    if verdict.whole and beyond is not None:
        sentence = f"Record {beyond.sequence} was added past the end of the chain, which is record {end[0]}."
        return Verdict(verdict.records, verdict.head, beyond.sequence, sentence)
    return verdict


def check(records: Iterable[Record], end: tuple[int, str]) -> Verdict:
    """Walks the chain from its first record to its end, which is (sequence, hash) of the last one."""
    count, previous = 0, GENESIS
    for count, record in enumerate(records, 1):
        problem = fault(record, count, previous)
        if problem:
            return Verdict(count - 1, previous, count, problem)
        previous = record.hash
    if (count, previous) != end:
        return Verdict(count, previous, count + 1, _torn(count, end))
    return Verdict(count, previous)


def fault(record: Record, sequence: int, previous: str) -> str:
    """What is wrong with the record that should be number `sequence` and follow `previous`; empty when nothing is."""
    if record.sequence != sequence:
        return f"Record {sequence} is missing: record {record.sequence} stands in its place."
    if record.previous_hash != previous:
        return (
            f"Record {sequence} does not follow its predecessor: it names another hash than record {sequence - 1} has."
        )
    if record.computed_hash() != record.hash:
        return f"Record {sequence} was altered: its content does not give its hash."
    return ""


def _torn(count: int, end: tuple[int, str]) -> str:
    if count < end[0]:
        return f"The end is missing: the chain had {end[0]} records, and {count} are left."
    return f"The end does not fit: record {count} is not the one that was written last."
