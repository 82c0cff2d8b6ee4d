"""Asks a server about one of its slots, Patroni which are its own, and the console's book who may need it."""

from pathlib import Path

from metrics.selectors import snapshot
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets, targets_of
from shards import fences
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError
from shards.leftovers.knowing import known_of_things
from shards.leftovers.traces import LeftoversFacts, SlotTrace
from shards.marks import mark_of
from shards.replication.own_slots import patroni_slots, slot_of
from shards.slots.facts import DropFacts, SlotFacts

ASK_SECONDS = 5.0
_SLOT = (Path(__file__).parent / "sql" / "slot.sql").read_text().encode()
_STANDS_BY = b"SELECT pg_is_in_recovery() AS stands_by"


def gather(server: str, slot: str) -> DropFacts:
    found = {target.name: target for target in targets(ServerKind.POSTGRES)}
    if server not in found:
        there = ", ".join(found) or "none"
        return DropFacts(server=server, problem=f"There is no PostgreSQL {server} in this fleet. There: {there}.")
    known = DropFacts(server=server, shard=found[server].shard)
    try:
        with sessions.open(found[server], ASK_SECONDS) as session:
            seen = _asked(known, session, slot)
    except ShardError as problem:
        return known.model_copy(update={"problem": f"{server} did not answer: {problem}"})
    return _judged(seen.model_copy(update=_patroni(known.shard))) if seen.slot else seen


def _asked(known: DropFacts, session: Session, slot: str) -> DropFacts:
    row = session.execute(_STANDS_BY).fetchone()
    if row and row["stands_by"]:
        return known.model_copy(update={"leads": False})
    one = session.execute(_SLOT, {"slot": slot}).fetchone()
    found = SlotFacts.model_validate(one) if one else None
    return known.model_copy(update={"slot": found, "fenced": fences.installed(session)})


def _patroni(shard: str) -> dict[str, frozenset[str]]:
    """Nothing where no member answers: then nobody says whose the slot is."""
    asked = targets_of(shard, ServerKind.PATRONI)
    for target in asked:
        try:
            api = Patroni(target)
            cluster, config = api.cluster(), api.config()
        except ShardError:
            continue
        return _owned(cluster, config, [one.name for one in asked])
    return {}


def _owned(cluster: Cluster, config: Config, registered: list[str]) -> dict[str, frozenset[str]]:
    names = {*registered, *(member.name for member in cluster.members)}
    members, permanent = frozenset(map(slot_of, names)), frozenset(config.permanent_slots)
    return {
        "members": members,
        "permanent": permanent,
        "ignored": patroni_slots(cluster, config, registered) - members - permanent,
    }


def _judged(seen: DropFacts) -> DropFacts:
    """By what the sweeper goes by."""
    slot = seen.slot
    assert slot is not None
    mark = mark_of(slot.name)
    trace = SlotTrace(name=slot.name, kind=slot.kind, plugin=slot.plugin, database=slot.database)
    known = known_of_things(LeftoversFacts(leads=True, slots=(trace,)), seen.shard, snapshot(), frozenset())
    origin, _ = known.origin(mark)
    needed = origin.rstrip(".") if known.belongs_to_active(mark) else known.readers.get(slot.name, "")
    return seen.model_copy(update={"origin": origin, "needed_by": needed})
