"""The change stream as it was last seen, piece by piece in the order in which a change passes them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from caching.clients.nats_replies import Stream
from caching.stream.backlog import Backlog, backlog_of, stream_seen
from caching.stream.models import PartState, StreamPart, StreamSlot
from caching.stream.names import INVALIDATOR, LANES, ROLLUPS, invalidator_of, slot_of
from metrics.contract import Seen, Snapshot
from shards.replication.facts import PostgresFacts, Slot

# A part whose process has not told anything for longer is one that nobody works on.
SILENT = timedelta(seconds=20)
READER = "reader:"
LANE_NAMES = tuple(invalidator_of(lane) for lane in range(LANES))


@dataclass(frozen=True, slots=True)
class PartSeen:
    """`state` is a badge's word; `cause` says why it does not work, `since` since when."""

    name: str
    state: str
    word: str
    cause: str
    since: datetime | None
    seen_at: datetime | None
    holder: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def works(self) -> bool:
        return self.state == "ok"


@dataclass(frozen=True, slots=True)
class ShardStream:
    """One shard's beginning of the way: its slot, as its leader told of it, and its reader."""

    shard: str
    reader: PartSeen
    slot: Slot | None
    slot_seen: Seen | None
    known: StreamSlot | None = field(hash=False)

    @property
    def lag_seconds(self) -> float | None:
        """How old a change is when it is published; while nobody reads, how long ago all had been read."""
        numbers = self.reader.numbers
        if self.reader.works:
            return numbers.get("delay_seconds")
        caught_up, seen_at = numbers.get("caught_up_at"), self.slot_seen and self.slot_seen.good_at
        return max(0.0, seen_at.timestamp() - caught_up) if caught_up and seen_at else None

    @property
    def held_bytes(self) -> int | None:
        return self.slot.held_bytes if self.slot else None


@dataclass(frozen=True, slots=True)
class ChangeStream:
    shards: tuple[ShardStream, ...]
    nats: Seen | None
    stream: Stream | None
    invalidators: tuple[PartSeen, ...]
    rollups: PartSeen
    invalidation: Backlog
    rolling_up: Backlog

    @property
    def nats_works(self) -> bool:
        return self.nats is not None and self.nats.reachable and self.stream is not None

    @property
    def at(self) -> datetime | None:
        """When the oldest of what is shown was true."""
        seen = [self.nats, *(one.slot_seen for one in self.shards)]
        return min((one.good_at for one in seen if one and one.good_at), default=None)

    @property
    def delay_seconds(self) -> float | None:
        """From commit until both tiers forgot, as the slowest lane saw it last."""
        told = [one.numbers.get("delay_seconds", 0.0) for one in self.invalidators if one.works]
        return max(told, default=None)


def change_stream(
    snapshot: Snapshot, fleet: str, parts: Sequence[StreamPart], slots: Sequence[StreamSlot]
) -> ChangeStream:
    by_name = {one.name: part_seen(one, snapshot.at) for one in parts}
    known = {one.shard: one for one in slots}
    nats, stream = stream_seen(snapshot, fleet)
    return ChangeStream(
        shards=tuple(_shard(snapshot, fleet, shard.name, by_name, known.get(shard.name)) for shard in snapshot.shards),
        nats=nats,
        stream=stream,
        invalidators=tuple(_of(by_name, f"{INVALIDATOR}:{lane}") for lane in range(LANES)),
        rollups=_of(by_name, ROLLUPS),
        invalidation=backlog_of(stream, LANE_NAMES) if stream else Backlog(),
        rolling_up=backlog_of(stream, (ROLLUPS,)) if stream else Backlog(),
    )


def part_seen(part: StreamPart, now: datetime) -> PartSeen:
    silent = part.seen_at is None or now - part.seen_at > SILENT
    if silent or part.state == PartState.IDLE:
        since = part.seen_at or part.state_since
        cause = "No process works on it."
        return PartSeen(part.name, "critical", "Nobody", cause, since, part.seen_at, "", part.numbers)
    state = {PartState.WORKING: "ok", PartState.STARTING: "neutral"}.get(PartState(part.state), "critical")
    word = {"ok": "Works", "neutral": "Starts"}.get(state, "Stuck")
    return PartSeen(part.name, state, word, part.cause, part.state_since, part.seen_at, part.holder, part.numbers)


def _of(by_name: Mapping[str, PartSeen], name: str) -> PartSeen:
    return by_name.get(name) or PartSeen(name, "unknown", "Never ran", "No process has worked on it yet.", None, None)


def _shard(
    snapshot: Snapshot, fleet: str, shard: str, parts: Mapping[str, PartSeen], known: StreamSlot | None
) -> ShardStream:
    """The slot is that of the leader: on the others it is Patroni's copy."""
    leading = [(seen, facts) for seen, facts in snapshot.facts(PostgresFacts, shard) if not facts.in_recovery]
    seen, facts = max(leading, key=lambda one: one[0].good_at or snapshot.at, default=(None, None))
    slot = next((one for one in facts.slots if one.name == slot_of(fleet)), None) if facts else None
    return ShardStream(shard, _of(parts, READER + shard), slot, seen, known)
