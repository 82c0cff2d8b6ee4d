"""How far each shard was read, in the control database; and the reasons to take everything of a shard for old."""

from dataclasses import dataclass

from django.utils import timezone

from caching.stream.models import StreamSlot
from shards.decoding.slots import SlotState


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is about to begin: the server's history, its slot, and the road in JetStream. `reader` is a name
    that no other one has."""

    system_identifier: str
    timeline: int
    slot: SlotState
    road: str
    reader: str = ""


def known(shard: str) -> StreamSlot | None:
    return StreamSlot.objects.filter(shard=shard).first()


def gap(before: StreamSlot | None, now: Place, forked_at: int | None) -> str:
    """Why changes may have been missed since `before`, as a sentence; empty when none were. `forked_at` is where the
    history left the one that was read, None when it goes on or that is not known. Pure."""
    if before is None:
        return "The change stream of this shard begins."
    if before.system_identifier != now.system_identifier:
        return "The shard was made anew: its database is another one."
    if now.slot.lost:
        return "PostgreSQL has removed WAL that the slot still needed."
    if now.slot.confirmed > before.confirmed_lsn:
        return "The slot was made anew, and stands beyond what was read."
    if before.road != now.road:
        return "The stream in JetStream, or a consumer of it, was made anew: what it had not delivered is gone."
    if before.timeline != now.timeline and forked_at is not None and forked_at < before.confirmed_lsn:
        return "A failover took back changes that had been read."
    return ""


def begin(shard: str, now: Place, why: str) -> None:
    """Kept once the whole shard was told to be old; it is to be told so again when every replica follows."""
    row, made = StreamSlot.objects.get_or_create(
        shard=shard, defaults={**_of(now), "begun_at": timezone.now(), "begun_why": why, "owed": True}
    )
    if not made:
        times = row.begun_times + 1
        StreamSlot.objects.filter(pk=row.pk).update(
            **_of(now), begun_at=timezone.now(), begun_why=why, begun_times=times, owed=True
        )


def carry_on(shard: str, now: Place) -> None:
    """The same changes in the same order, perhaps on another server."""
    StreamSlot.objects.filter(shard=shard).update(timeline=now.timeline, reader=now.reader)


def confirm(shard: str, reader: str, lsn: int, owed: bool) -> bool:
    """Before PostgreSQL is told. False when another one reads the shard by now: then nothing may be confirmed."""
    return bool(StreamSlot.objects.filter(shard=shard, reader=reader).update(confirmed_lsn=lsn, owed=owed))


def _of(now: Place) -> dict[str, object]:
    return {
        "system_identifier": now.system_identifier,
        "timeline": now.timeline,
        "confirmed_lsn": now.slot.confirmed,
        "road": now.road,
        "reader": now.reader,
    }
