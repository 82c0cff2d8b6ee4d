"""Asks the Patronis of many shards at once. A shard of which nobody answers is a fact too."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import shards, targets
from novaops.inventory.targets import Target
from novaops.operations import registry
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config, Member, Status
from shards.exceptions import ShardError
from shards.fleetwide.facts import FleetFacts, MemberHealth, ShardHealth
from shards.placement.selectors import loads
from shards.pools.pausing import guards
from shards.replication.switchover.facts import must_not_lead

AT_ONCE = 8
ASK_SECONDS = 3.0


def gather(child: str) -> FleetFacts:
    """Of every shard; `child` is the kind of operation that each would need."""
    missing = "" if any(kind.name == child for kind in registry.kinds()) else child
    return FleetFacts(shards=health(), missing=missing, no_guard=guards.absence(timezone.now()))


def health(named: Sequence[str] = ()) -> tuple[ShardHealth, ...]:
    """Of these shards, or of all, by name. Inside a fleet."""
    known = [one for one in shards() if not named or one.name in named]
    asked: dict[str, list[Target]] = {one.name: [] for one in known}
    roads = {one.name: [one.address] if one.address else [] for one in known}
    for pool in targets(ServerKind.PGBOUNCER):
        if pool.shard in roads:
            roads[pool.shard].append(pool.name)
    for target in targets(ServerKind.PATRONI):
        if target.shard in asked:
            asked[target.shard].append(target)
    placed = loads()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="health") as threads:
        found = threads.map(_shard, asked, asked.values())
    tenants = {name: load.tenants for name, load in placed.items()}
    return tuple(
        one.model_copy(update={"tenants": tenants.get(one.shard, 0), "roads": tuple(roads[one.shard])}) for one in found
    )


def _shard(name: str, members: Sequence[Target]) -> ShardHealth:
    """On a thread: no database from here on."""
    said = []
    for target in members:
        try:
            api = Patroni(target, ASK_SECONDS)
            cluster, config = api.cluster(), api.config()
        except ShardError as problem:
            said.append(f"{target.name}: {problem}")
            continue
        return _told(name, cluster, config, {one.name: one for one in members})
    return ShardHealth(shard=name, problem=f"no member of {name} answered. {' '.join(said)}".strip())


def _told(name: str, cluster: Cluster, config: Config, members: dict[str, Target]) -> ShardHealth:
    return ShardHealth(
        shard=name,
        paused=cluster.paused,
        synchronous_mode=config.synchronous_mode != "off",
        most_lag=config.maximum_lag_on_failover,
        follows=config.follows,
        members=tuple(_member(one, _own_word(members.get(one.name))) for one in cluster.members),
    )


def _own_word(target: Target | None) -> Status | None:
    try:
        return Patroni(target, ASK_SECONDS).status() if target else None
    except ShardError:
        return None


def _member(one: Member, own: Status | None) -> MemberHealth:
    return MemberHealth(
        name=one.name,
        leads=one.leads,
        synchronous=one.synchronous,
        healthy=one.healthy and own is not None,
        state=one.state if own is not None else "silent",
        timeline=one.timeline,
        lag_bytes=one.lag_bytes,
        version=own.server_version if own else None,
        pending_restart=one.pending_restart or bool(own and own.pending_restart),
        must_not_lead=must_not_lead(one.tags),
    )
