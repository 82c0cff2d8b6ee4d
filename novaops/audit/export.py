"""The change log as JSON lines: one record a line, in canonical form, exactly what was hashed, and the hash; behind
them the proof that each of them is in the log that a signed checkpoint covers."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django_tenants.utils import tenant_context

from novaops.audit.canonical import exported_line
from novaops.audit.inclusion import Proven
from novaops.audit.models import Record
from novaops.audit.selectors import Filters
from novaops.fleets.models import Fleet


def line(record: Record) -> bytes:
    return exported_line(record.body, record.hash)


def batches(fleet: Fleet, filters: Filters) -> Iterator[bytes]:
    """Oldest first, some thousand records at a time; each batch is asked for inside the fleet's schema."""
    return stepwise(fleet, _lines(fleet, filters))


def batches_async(fleet: Fleet, filters: Filters) -> AsyncIterator[bytes]:
    return stepwise_async(fleet, _lines(fleet, filters))


def stepwise(fleet: Fleet, steps: Iterator[bytes]) -> Iterator[bytes]:
    """Each step inside the fleet's schema; a step that only worked, and wrote nothing, is passed over."""
    while (block := _step(fleet, steps)) is not None:
        if block:
            yield block


async def stepwise_async(fleet: Fleet, steps: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await sync_to_async(_step)(fleet, steps)) is not None:
        if block:
            yield block


def _step(fleet: Fleet, steps: Iterator[bytes]) -> bytes | None:
    with tenant_context(fleet):
        return next(steps, None)


def _lines(fleet: Fleet, filters: Filters) -> Iterator[bytes]:
    proven = Proven(fleet.slug, filters)
    for records in proven.records():
        yield b"".join(map(line, records))
    yield from proven.proof()
