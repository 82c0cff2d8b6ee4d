"""What must be so when a move, its return or a rebalance is over, whatever was killed meanwhile."""

from collections.abc import Iterator, Mapping, Sequence

from shards.moves.models import OVER, Move
from shards.moves.streams import Stream
from shards.placement.selectors import place_of
from tests.moves.faults.ground import SHARDS, Ground, leaders
from tests.moves.ledger import checking, measurements
from tests.moves.ledger.measuring import latencies, measure_pause
from tests.moves.tenants import Leader, gate, left_of
from tests.waiting import wait_for

GOES_ON_SECONDS = 90


def go_on(ground: Ground, shard: str, epoch: int) -> list[str]:
    """Everybody still writes, those that moved at their new epoch. Says who does not."""
    now = {tenant: len(record.writes) for tenant, record in ground.records.items()}
    moved = {one.tenant_id for one in ground.moving}

    def writes(tenant: str) -> bool:
        several = ground.records[tenant].writes[now[tenant] :]
        return any(write.epoch == epoch or tenant not in moved for write in several)

    wrong = []
    for tenant in now:
        try:
            wait_for(lambda: writes(tenant), f"{tenant} to write on", GOES_ON_SECONDS)  # noqa: B023
        except AssertionError as problem:
            wrong.append(f"{problem} It should be on {shard} at epoch {epoch}.")
    return wrong


def judged(ground: Ground, shard: str, epoch: int) -> list[str]:
    """The clients have stopped, and the moves are finished: sentences of what is wrong."""
    with leaders() as found:
        wrong = [one for stream in ground.moving for one in _of_moved(ground, stream, found, shard, epoch)]
        for home, stays in ground.staying.items():
            record = ground.records[stays.tenant_id]
            wrong += [f"{home}, not moved: {one}" for one in checking.check(record, found, home)]
            if ground.measured:
                wrong += [f"{home}, not moved: {one}" for one in measurements.check(record, found, home)]
    return wrong + [f"Left behind: {one}" for one in ground.left_behind]


def _of_moved(ground: Ground, stream: Stream, found: Mapping[str, Leader], shard: str, epoch: int) -> Iterator[str]:
    tenant, other = stream.tenant_id, next(name for name in SHARDS if name != shard)
    homes = dict.fromkeys(SHARDS, stream.schema_name) if stream.schema_name else None
    yield from checking.check(ground.records[tenant], found, shard, homes=homes)
    if ground.measured:
        yield from measurements.check(ground.records[tenant], found, shard, stream.schema_name or "public")
    gates = gate(found[shard], tenant), gate(found[other], tenant)
    if gates != (("open", epoch, None), None):
        yield f"The gates of {tenant} on {shard} and {other} are {gates}, not open at epoch {epoch} and none."
    place = place_of(tenant)
    if place is None or (place.shard, place.epoch) != (shard, epoch):
        yield f"The place of {tenant} is {place}, not {shard} at epoch {epoch}."
    for move in Move.objects.filter(tenant_id=tenant):
        if move.phase not in OVER:
            yield f"{move} is {move.phase}."
        if left := left_of(move, *found.values()):
            yield f"{move} left {left}."


def measured(ground: Ground) -> str:
    """How long writes took and paused, of those that moved and of the others."""
    moved = [ground.records[one.tenant_id] for one in ground.moving]
    stayed = [ground.records[one.tenant_id] for one in ground.staying.values()]
    writes = [write for record in moved for write in record.writes]
    gaps = [measure_pause(record.writes).longest_gap for record in moved]
    others = [measure_pause(record.writes).longest_gap for record in stayed]
    return (
        f"moved: {latencies(writes)}, longest gap {max(gaps):.0f} ms; others' longest gaps"
        f" {_listed(others)} ms, {latencies([write for record in stayed for write in record.writes])}{_chunks(ground)}"
    )


def _chunks(ground: Ground) -> str:
    if not ground.measured:
        return ""
    homes = {stream.schema_name or "public" for stream in ground.moving}
    with leaders() as found:
        most = max(measurements.chunks(leader, home) for leader in found.values() for home in homes)
    return f"; {most} chunks of measurements"


def _listed(values: Sequence[float]) -> str:
    return " and ".join(f"{value:.0f}" for value in values)
