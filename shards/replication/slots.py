"""The replication slots of the shards, worst first. Pure."""

from dataclasses import dataclass
from datetime import datetime

from metrics.contract import Seen, Snapshot
from metrics.thresholds import SLOT_CRITICAL_BYTES, SLOT_WARNING_BYTES
from shards.replication.facts import PostgresFacts, Slot
from shards.replication.seen import OLD_AT_ONCE

LOST = frozenset({"lost", "unreserved"})


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """A slot on one member; `state` is a badge's word, `word` what it says."""

    shard: str
    member: str
    slot: Slot
    state: str
    word: str
    at: datetime | None
    limit: float | None = None


def slots_of(snapshot: Snapshot, shard: str | None = None) -> tuple[SlotSeen, ...]:
    """Those that hold the most WAL first."""
    found = [_seen(seen, slot) for seen, facts in snapshot.facts(PostgresFacts, shard) for slot in facts.slots]
    return tuple(sorted(found, key=lambda one: (-(one.slot.held_bytes or 0), one.shard, one.member, one.slot.name)))


def _seen(seen: Seen, slot: Slot) -> SlotSeen:
    limit = None if seen.reachable else OLD_AT_ONCE
    return SlotSeen(seen.server.shard, seen.server.name, slot, *_state(slot), seen.good_at, limit)


def _state(slot: Slot) -> tuple[str, str]:
    if slot.invalid:
        return "critical", f"Invalid: {slot.invalid.replace('_', ' ')}"
    if slot.wal_status in LOST:
        return "critical", "Lost" if slot.wal_status == "lost" else "About to be lost"
    held = slot.held_bytes or 0
    if held >= SLOT_CRITICAL_BYTES:
        return "critical", "Holds too much"
    if held >= SLOT_WARNING_BYTES:
        return "warning", "Holds much"
    return ("ok", "In use") if slot.active else ("neutral", "Idle")
