"""Everything that stands before the first message is read: the leader, its slot, and whether changes were missed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from caching.library.tiers import Tiers
from caching.stream import positions, slots
from caching.stream.forgetting import BEGUN, DECLARED, forget_shard, note
from caching.stream.leader import Leader, leader_of
from caching.stream.models import StreamSlot
from caching.stream.positions import Place
from caching.stream.problems import StreamProblem, told_by
from shards.clients.postgres import Session
from shards.clients.postgres import connect as open_session
from shards.decoding.replication import Replication
from shards.decoding.slots import SlotState, give_up

SECONDS = 5.0
APPLICATION = "novaops change stream"
MISSING = "The data plane of {shard} has no publication yet: run manage.py dataplane migrate."


@dataclass(frozen=True, slots=True)
class Begun:
    """`session` is an ordinary one on the same server as `replication`."""

    leader: Leader
    session: Session
    replication: Replication
    place: Place
    owed: bool


@contextmanager
def ready(shard: str, slot: str, road: str, tiers: Tiers, anew: str = "") -> Iterator[Begun]:
    """Inside the fleet's schema. Where changes may have been missed, the whole shard is old before this yields; `anew`
    is a reason to think so."""
    leader = leader_of(shard)
    server = leader.postgres
    with told_by(server.name), open_session(server, SECONDS, server.database) as session:
        found = _slot(session, leader, shard, slot)
        with Replication(server, APPLICATION) as replication:
            place = Place(replication.system_identifier, replication.timeline, found, road, uuid.uuid4().hex)
            before = positions.known(shard)
            why = anew or positions.gap(before, place, _forked_at(leader, before, place))
            if why:
                place = _begin(session, shard, slot, place, tiers, why)
            else:
                positions.carry_on(shard, place)
            owed = bool(why) or (before is not None and before.owed)
            yield Begun(leader, session, replication, place, owed)


def _slot(session: Session, leader: Leader, shard: str, slot: str) -> SlotState:
    row = session.execute("SELECT pg_is_in_recovery() AS follows").fetchone()
    if row is None or row["follows"]:
        raise StreamProblem(f"{leader.postgres.name} does not lead yet.")
    if not slots.published(session):
        raise StreamProblem(MISSING.format(shard=shard))
    if slots.declare(leader, slot):
        note(DECLARED, shard, f"Patroni keeps the slot {slot} from now on, through every failover.", slot=slot)
    slots.wait_for(session, leader, slot)
    return slots.take_over(session, slot, APPLICATION)


def _begin(session: Session, shard: str, slot: str, place: Place, tiers: Tiers, why: str) -> Place:
    """From here on everything is read: what was written before is old as a whole."""
    if place.slot.lost:
        give_up(session, slot)
        raise StreamProblem(f"{why} It is made anew.")
    found = slots.skip_to_now(session, slot)
    if found is None:
        raise StreamProblem(f"The slot {slot} is gone.")
    here = replace(place, slot=found)
    forget_shard(tiers, shard, f"{here.system_identifier}/{here.timeline}/{found.confirmed}/{here.road}")
    note(BEGUN, shard, f"{why} All that was cached of {shard} is old.", timeline=here.timeline)
    positions.begin(shard, here, why)
    return here


def _forked_at(leader: Leader, before: StreamSlot | None, place: Place) -> int | None:
    """Where this history left the one that was read. Without synchronous replication any failover may take back what
    was seen, read or not."""
    if before is None or before.timeline == place.timeline:
        return None
    if leader.config.synchronous_mode == "off":
        return 0
    history = leader.patroni.history()
    return next((one.lsn for one in history if one.timeline == before.timeline), None)
