"""The change log as a table: a zip file with `changes.csv`, for reading, and `proof.jsonl`. The last column of each row
is the record in canonical form, exactly what was hashed: by it the table can be verified as well as JSON lines."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils import timezone

from novaops.audit.canonical import canonical_body
from novaops.audit.csv_lines import csv_lines
from novaops.audit.export import stepwise, stepwise_async
from novaops.audit.inclusion import Proven
from novaops.audit.models import Record
from novaops.audit.selectors import Filters
from novaops.fleets.models import Fleet

FIELDS = ("sequence", "at", "actor_kind", "actor", "person_id", "verb", "subject", "outcome", "data", "previous_hash")
COLUMNS = (*FIELDS, "hash", "canonical")
BEGINNING = "\ufeff"  # by which spreadsheets know UTF-8


def batches(fleet: Fleet, filters: Filters) -> Iterator[bytes]:
    return stepwise(fleet, _zipped(fleet, filters))


def batches_async(fleet: Fleet, filters: Filters) -> AsyncIterator[bytes]:
    return stepwise_async(fleet, _zipped(fleet, filters))


def row(record: Record) -> list[object]:
    body = record.body
    written = canonical_body(body)
    said = {name: getattr(body, name) for name in FIELDS}
    return [*{**said, "data": json.dumps(body.data, ensure_ascii=False)}.values(), record.hash, written.decode()]


def _zipped(fleet: Fleet, filters: Filters) -> Iterator[bytes]:
    proven, pipe = Proven(fleet.slug, filters), _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, blocks in (("changes.csv", _rows(proven)), ("proof.jsonl", proven.proof())):
            with archive.open(_member(name), "w", force_zip64=True) as member:
                for block in blocks:
                    member.write(block)
                    yield pipe.taken()
    yield pipe.taken()


def _rows(proven: Proven) -> Iterator[bytes]:
    yield BEGINNING.encode() + _lines([COLUMNS])
    for records in proven.records():
        yield _lines(map(row, records))


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    return "".join(csv_lines(rows)).encode()


def _member(name: str) -> ZipInfo:
    found = ZipInfo(name, timezone.now().timetuple()[:6])
    found.compress_type = ZIP_DEFLATED
    return found


class _Pipe:
    """What a zip file is written into, and taken from as it grows."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._blocks.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        found, self._blocks = b"".join(self._blocks), []
        return found
