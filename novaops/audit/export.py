"""The change log as JSON lines: one record a line, in canonical form, exactly what was hashed, and the hash."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict

import rfc8785
from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.selectors import Filters, filtered
from novaops.fleets.models import Fleet

BATCH = 2000


def line(record: Record) -> bytes:
    return rfc8785.dumps({**asdict(record.body), "hash": record.hash}) + b"\n"


def batches(fleet: Fleet, filters: Filters) -> Iterator[bytes]:
    """Oldest first, some thousand records at a time; each batch is asked for inside the fleet's schema."""
    after: int | None = 0
    while after is not None:
        block, after = _batch(fleet, filters, after)
        yield block


async def batches_async(fleet: Fleet, filters: Filters) -> AsyncIterator[bytes]:
    after: int | None = 0
    while after is not None:
        block, after = await sync_to_async(_batch)(fleet, filters, after)
        yield block


def _batch(fleet: Fleet, filters: Filters, after: int) -> tuple[bytes, int | None]:
    """The lines behind record `after`, and where to go on; None at the end."""
    with tenant_context(fleet):
        records: QuerySet[Record] = filtered(filters).filter(sequence__gt=after).order_by("sequence")
        found = list(records[:BATCH])
    return b"".join(map(line, found)), found[-1].sequence if len(found) == BATCH else None
