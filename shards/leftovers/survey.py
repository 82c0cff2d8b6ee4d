"""The sweeper's look at the whole fleet right now: asks every shard's leader, Patroni and pool, and judges at once.

For plans, tests and proofs: after an operation, `leftovers()` is what it left behind. Pages read `selectors.stored`."""

from dataclasses import dataclass, field

from django.utils import timezone

from metrics import selectors
from metrics.contract import Snapshot
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import shards as shards_of
from novaops.inventory.selectors import targets_of
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.pgbouncer import PgBouncer
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError
from shards.leftovers.control import control_leftovers
from shards.leftovers.judging import judge
from shards.leftovers.judging_rows import judge_rows, judge_tenants
from shards.leftovers.knowing import known_of_rows, known_of_things, strays
from shards.leftovers.known import held_locks
from shards.leftovers.leftover import Leftover
from shards.leftovers.looking import look
from shards.leftovers.looking_rows import look_at_rows
from shards.leftovers.pools import paused_databases
from shards.leftovers.selectors import in_order
from shards.partitions.leader import NoLeader, find
from shards.placement.facts import TenantsFacts
from shards.placement.probes import tenants_on
from shards.pools.pausing.records import promised
from shards.pools.probes import facts_of
from shards.replication.own_slots import patroni_slots

LOOK_SECONDS = 30.0


class NotLooked(Exception):
    """A shard that could not be asked: a sentence. Nothing is known of what is left behind there."""


@dataclass(slots=True)
class Survey:
    """What is left behind on one shard and in its pools, and in sentences what could not be looked through."""

    found: list[Leftover] = field(default_factory=list)
    not_looked: list[str] = field(default_factory=list)


def leftovers(shard: str = "") -> tuple[Leftover, ...]:
    """Of the whole fleet, or of one shard, with the control database; inside a fleet. NotLooked when a shard's leader
    does not answer."""
    names = [shard] if shard else [one.name for one in shards_of()]
    found = [one for name in names for one in survey(name).found]
    return in_order([*found, *control_leftovers(timezone.now())])


def survey(shard: str) -> Survey:
    """NotLooked when the shard's leader does not answer."""
    found, snapshot = Survey(), selectors.snapshot()
    try:
        leader = find(shard)
        with sessions.open(leader, LOOK_SECONDS) as session:
            _things(found, session, leader, snapshot)
            _rows(found, session, leader)
    except (NoLeader, ShardError) as problem:
        raise NotLooked(f"{shard} was not looked through: {problem}") from problem
    _pools(found, shard)
    return found


def _things(found: Survey, session: Session, leader: Target, snapshot: Snapshot) -> None:
    facts = look(session, leader)
    known = known_of_things(facts, leader.shard, snapshot, slots_now(leader.shard))
    found.found += judge(facts, leader.shard, leader.name, known, timezone.now())
    found.not_looked += facts.not_looked


def _rows(found: Survey, session: Session, leader: Target) -> None:
    facts = look_at_rows(session)
    few, known = strays(TenantsFacts(tenants=tenants_on(session)), leader.shard)
    found.found += judge_rows(facts, leader.shard, leader.name, known_of_rows(facts))
    found.found += judge_tenants(few, leader.shard, leader.name, known)
    found.not_looked += facts.not_looked


def _pools(found: Survey, shard: str) -> None:
    held = f"shard:{shard}" in held_locks()
    for target in targets_of(shard, ServerKind.PGBOUNCER) if not held else ():
        try:
            facts = facts_of(PgBouncer(target).report())
        except ShardError as problem:
            found.not_looked.append(f"{target.name} does not answer: {problem}")
        else:
            found.found += paused_databases(shard, target.name, facts, promised())


def slots_now(shard: str) -> frozenset[str] | None:
    """Patroni's own slots as it tells now; None when no member of the shard answers."""
    targets = targets_of(shard, ServerKind.PATRONI)
    members = [target.name for target in targets]
    for target in targets:
        try:
            api = Patroni(target)
            return patroni_slots(api.cluster(), api.config(), members)
        except ShardError:
            continue
    return None
