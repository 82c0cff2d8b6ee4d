"""Everything that stands before the first message is read: the leader, its slot, and whether changes were missed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from caching.library.tiers import Tiers
from caching.stream import positions, slots
from caching.stream.forgetting import BEGUN, DECLARED, forget_shard, note
from caching.stream.leader import Leader, leader_of
from caching.stream.models import StreamSlot
from caching.stream.positions import Place
from caching.stream.problems import StreamProblem, told_by
from caching.stream.replication import Replication
from shards.clients.postgres import Session
from shards.clients.postgres import connect as open_session

SECONDS = 5.0
MISSING = "The data plane of {shard} has no publication yet: run manage.py dataplane migrate."


@dataclass(frozen=True, slots=True)
class Begun:
    """`session` is an ordinary one on the same server as `replication`; `confirmed` is where the slot stands."""

    leader: Leader
    session: Session
    replication: Replication
    road: str
    confirmed: int
    owed: bool


@contextmanager
def ready(shard: str, slot: str, road: str, tiers: Tiers) -> Iterator[Begun]:
    """Inside the fleet's schema. Where changes may have been missed, the whole shard is old before this yields."""
    leader = leader_of(shard)
    with told_by(leader.postgres.name), open_session(leader.postgres, SECONDS, leader.postgres.database) as session:
        found = _slot(session, leader, shard, slot)
        with Replication(leader.postgres) as replication:
            place = Place(replication.system_identifier, replication.timeline, found, road)
            owed = _begin(leader, shard, place, tiers)
            yield Begun(leader, session, replication, road, found.confirmed, owed)


def _slot(session: Session, leader: Leader, shard: str, slot: str) -> slots.SlotState:
    row = session.execute("SELECT pg_is_in_recovery() AS follows").fetchone()
    if row is None or row["follows"]:
        raise StreamProblem(f"{leader.postgres.name} does not lead yet.")
    if not slots.published(session):
        raise StreamProblem(MISSING.format(shard=shard))
    if slots.declare(leader, slot):
        note(DECLARED, shard, f"Patroni keeps the slot {slot} from now on, through every failover.", slot=slot)
    return slots.wait_for(session, leader, slot)


def _begin(leader: Leader, shard: str, place: Place, tiers: Tiers) -> bool:
    """Whether the whole shard is to be told of once more when its replicas are back."""
    before = positions.known(shard)
    why = positions.gap(before, place, _forked_at(leader, before, place))
    if not why:
        positions.carry_on(shard, place)
        return before is not None and before.owed
    forget_shard(tiers, shard, f"{place.system_identifier}/{place.timeline}/{place.slot.confirmed}/{place.road}")
    note(BEGUN, shard, f"{why} All that was cached of {shard} is old.", timeline=place.timeline)
    positions.begin(shard, place, why)
    return True


def _forked_at(leader: Leader, before: StreamSlot | None, place: Place) -> int | None:
    """Where this history left the one that was read. Without synchronous replication any failover may take back what
    was seen, read or not."""
    if before is None or before.timeline == place.timeline:
        return None
    if leader.config.synchronous_mode == "off":
        return 0
    history = leader.patroni.history()
    return next((one.lsn for one in history if one.timeline == before.timeline), None)
