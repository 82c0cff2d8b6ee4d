"""Which of the things on a shard are left behind. Pure: what the shard told and what the console knows in, values out.

What belongs to an operation that is not over is none, and nothing that is in use is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shards.dataplane.published import PUBLICATION
from shards.leftovers.known import Known
from shards.leftovers.leftover import Leftover
from shards.leftovers.sorts import Sort
from shards.leftovers.traces import (
    ArrivalTrace,
    FenceTrace,
    IndexTrace,
    LeftoversFacts,
    PreparedTrace,
    PublicationTrace,
    SlotTrace,
    SubscriptionTrace,
    TableTrace,
)
from shards.marks import Mark, mark_of

# A coordinator decides within moments; what is older was forgotten.
PREPARED_OLD = timedelta(minutes=5)
# A worker that sleeps for longer than this is taken for dead.
FENCE_OLD = timedelta(days=1)


def judge(facts: LeftoversFacts, shard: str, server: str, known: Known, now: datetime) -> tuple[Leftover, ...]:
    """What a shard's leader told of; the worst first."""
    slots = frozenset(one.name for one in facts.slots)
    found = [
        *(slot(one, known) for one in facts.slots),
        *(publication(one, known, slots) for one in facts.publications),
        *(subscription(one, known) for one in facts.subscriptions),
        *(prepared(one, known, now) for one in facts.prepared),
        *(fence(one, shard, known, now) for one in facts.fences),
        *(arrival(one, known, now) for one in facts.arrivals),
        *(index(one, known) for one in facts.indexes),
        *(table(one, known) for one in facts.tables),
    ]
    return placed((one for one in found if one), shard, server)


def placed(several: Iterator[Leftover], shard: str, server: str) -> tuple[Leftover, ...]:
    here = [one.model_copy(update={"shard": shard, "server": server}) for one in several]
    return tuple(sorted(here, key=lambda one: (-one.severity, -(one.wal_bytes or 0), one.sort, one.name)))


def slot(one: SlotTrace, known: Known) -> Leftover | None:
    mark = mark_of(one.name)
    if one.active or one.temporary or one.name in (known.slots or ()) or known.belongs_to_active(mark):
        return None
    lost = "has lost WAL that its reader still needed"
    kept = lost if one.wal_status == "lost" else "keeps all WAL that is written from being removed"
    reader = known.readers.get(one.name)
    refusal = f"{reader} reads from it when it works: remove that first." if reader else ""
    if known.slots is None:
        refusal = "Patroni did not say which slots are its own."
    return Leftover(
        sort=Sort.SLOT,
        name=one.name,
        sentence=f"Nobody reads from this {one.kind} slot; it {kept}.",
        began=one.inactive_since,
        wal_bytes=one.held_bytes,
        xid_age=one.xid_age,
        refusal=refusal,
        identity={"kind": one.kind, "plugin": one.plugin, "database": one.database},
        **_origin(mark, known),
    )


def publication(one: PublicationTrace, known: Known, slots: frozenset[str] = frozenset()) -> Leftover | None:
    mark = mark_of(one.name, one.comment)
    # That of a move is read through the slot of its name alone.
    read = one.name in slots if mark_of(one.name) else one.readers
    # The data plane's own is there whether the change stream has begun or not.
    if read or one.name == PUBLICATION or known.belongs_to_active(mark):
        return None
    what = f"{one.tables} table{'' if one.tables == 1 else 's'}"
    return Leftover(
        sort=Sort.PUBLICATION,
        name=one.name,
        database=one.database,
        sentence=f"It publishes {what} of {one.database}, and no logical slot is there through which it could be read.",
        refusal=_not_ours(one.ours, one.owner),
        identity={"owner": one.owner},
        **_origin(mark, known),
    )


def subscription(one: SubscriptionTrace, known: Known) -> Leftover | None:
    mark = mark_of(one.name, one.comment)
    if (one.enabled and one.working) or known.belongs_to_active(mark):
        return None
    state = "is enabled, but no worker of it runs" if one.enabled else "is disabled"
    slot_name = f" Its slot on the other side is {one.slot}." if one.slot else ""
    return Leftover(
        sort=Sort.SUBSCRIPTION,
        name=one.name,
        database=one.database,
        sentence=f"It {state}: nothing comes through it.{slot_name}",
        refusal=_not_ours(one.ours, one.owner),
        identity={"owner": one.owner, "slot": one.slot, "enabled": one.enabled},
        **_origin(mark, known),
    )


def prepared(one: PreparedTrace, known: Known, now: datetime) -> Leftover | None:
    mark = mark_of(one.gid)
    if now - one.at < PREPARED_OLD or known.belongs_to_active(mark):
        return None
    return Leftover(
        sort=Sort.PREPARED,
        name=one.gid,
        database=one.database,
        sentence=f"{one.owner} prepared it and nobody ended it: it holds its locks and what VACUUM would clean.",
        began=one.at,
        xid_age=one.xid_age,
        refusal="" if one.ours else f"Only {one.owner}, who prepared it, or a superuser may end it.",
        identity={"owner": one.owner, "at": one.at.isoformat()},
        **_origin(mark, known),
    )


def fence(one: FenceTrace, shard: str, known: Known, now: datetime) -> Leftover | None:
    """A shard keeps the fence of its own lock for good: by it a worker is known that wakes up late."""
    sentence = _why_fence(one, shard, known, now)
    if not sentence:
        return None
    return Leftover(
        sort=Sort.FENCE,
        name=f"{one.console} {one.lock}",
        sentence=sentence,
        began=one.at,
        rows=1,
        identity={"console": one.console, "lock": one.lock, "mark": one.token},
        **_origin(Mark(one.operation, one.console), known),
    )


def _why_fence(one: FenceTrace, shard: str, known: Known, now: datetime) -> str:
    if one.console != known.console:
        old = now - one.at > FENCE_OLD
        return "Another console has acted on this shard, and has not for longer than a day." if old else ""
    if one.token > known.newest_token:
        return (
            f"Its token {one.token} is higher than any that this console gave out (the last is {known.newest_token}):"
            f" the control database was set back. Until it is removed, operations on {one.lock} are refused."
        )
    last = known.operations.get(one.operation)
    if last is None:
        return "It names an operation that this console does not know."
    over = last.ended_at is not None and now - last.ended_at > FENCE_OLD
    return f"It guards {one.lock} for an operation that is long over." if over and one.lock != f"shard:{shard}" else ""


def arrival(one: ArrivalTrace, known: Known, now: datetime) -> Leftover | None:
    """What another console's move keeps, nobody can judge here before it is old."""
    mark = mark_of(one.stream)
    foreign = mark is not None and mark.console not in ("", known.console) and now - one.at < FENCE_OLD
    if foreign or known.belongs_to_active(mark):
        return None
    return Leftover(
        sort=Sort.ARRIVAL,
        name=one.stream,
        sentence=f"It says how far tenant {one.tenant_id} has arrived here, and nobody goes on with it.",
        rows=one.rows + 1,
        identity={"tenant": one.tenant_id},
        **_origin(mark, known),
    )


def index(one: IndexTrace, known: Known) -> Leftover | None:
    mark = mark_of(one.name, one.comment)
    if known.belongs_to_active(mark):
        return None
    return Leftover(
        sort=Sort.INDEX,
        name=one.full_name,
        database=one.database,
        sentence=f"Its building on {one.table} was cut off: every write keeps it up to date, no query uses it.",
        bytes=one.bytes,
        refusal=_not_ours(one.ours, one.owner),
        identity={"oid": one.oid, "table": one.table},
        **_origin(mark, known),
    )


_WHY = {
    "pending": "Its detachment from {parent} was cut off: {parent} no longer reads it, and it is no table of its own.",
    "unfinished": "Its name says that it is not finished, and nobody works on it.",
    "detached": "It is built like a partition of {parent}, and is attached to nothing.",
}


def table(one: TableTrace, known: Known) -> Leftover | None:
    mark = mark_of(one.name, one.comment)
    if known.belongs_to_active(mark):
        return None
    why = (
        _WHY[one.why] if one.parent or one.why != "detached" else "An operation made it, and it is attached to nothing."
    )
    return Leftover(
        sort=Sort.TABLE,
        name=one.full_name,
        database=one.database,
        sentence=why.format(parent=one.parent),
        bytes=one.bytes,
        rows=one.rows if one.rows > 0 else None,
        about="about",
        refusal=_not_ours(one.ours, one.owner),
        identity={"oid": one.oid, "why": one.why, "parent": one.parent},
        **_origin(mark, known),
    )


def _not_ours(ours: bool, owner: str) -> str:
    return "" if ours else f"Only its owner, {owner}, or a superuser may remove it."


def _origin(mark: Mark | None, known: Known) -> dict[str, Any]:
    sentence, operation = known.origin(mark)
    return {"origin": sentence, "operation": operation}
