"""What can be done with a shard, a member, a pool, a slot or a backend, as it was last seen: kinds of operations with
their parameters. Pure; which kinds there are, and who may request them, is told by `can`."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import Backend, Slot
from shards.replication.seen import MemberSeen, ShardTopology

Can = Collection[str]


@dataclass(frozen=True, slots=True)
class Act:
    """A request form, filled in. `danger`: it interrupts somebody or cannot be taken back."""

    label: str
    icon: str
    kind: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)
    danger: bool = False


def fleet_acts(can: Can) -> tuple[Act, ...]:
    return _possible(
        can,
        [
            Act("Restart what waits for it", "refresh-cw", "fleet-restart"),
            Act("Drain servers", "skip-forward", "fleet-drain"),
        ],
    )


def shard_acts(shard: ShardTopology, can: Can) -> tuple[Act, ...]:
    return _possible(can, _of_shard(shard))


def member_acts(shard: ShardTopology, member: MemberSeen, can: Can) -> tuple[Act, ...]:
    """Nothing for a member of another cluster, or that Patroni does not know."""
    return _possible(can, _of_member(shard, member)) if member.role else ()


def pool_acts(pool: str, facts: PgBouncerFacts | None, can: Can) -> tuple[Act, ...]:
    return _possible(
        can, [*_of_databases(pool, facts), Act("Reload its configuration", "refresh-cw", "pool-reload", {"pool": pool})]
    )


def database_acts(pool: str, facts: PgBouncerFacts | None, database: str, can: Can) -> tuple[Act, ...]:
    return tuple(act for act in pool_acts(pool, facts, can) if act.parameters.get("database") == database)


def slot_acts(shard: ShardTopology, server: str, slot: Slot, own: Collection[str], can: Can) -> tuple[Act, ...]:
    """`own` are Patroni's: those of members come back by themselves, and are not offered."""
    return _possible(can, _of_slot(shard, server, slot, own))


def backend_acts(server: str, backend: Backend, can: Can) -> tuple[Act, ...]:
    """Nothing while it is not known since when it is connected: a pid alone may be somebody else's by then."""
    return _possible(can, _of_backend(server, backend)) if backend.started else ()


def _possible(can: Can, acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(act for act in acts if act.kind in can)


def _of_shard(shard: ShardTopology) -> Iterator[Act]:
    name, leader = {"shard": shard.name}, shard.leader
    heir = candidate(shard)
    chosen = name | ({"candidate": heir.name} if heir else {})
    if leader is None or leader.state == "unreachable":
        yield Act("Fail over", "zap", "failover", chosen, danger=True)
    elif not shard.follows_another:
        yield Act("Switch over", "arrow-left-right", "switchover", chosen)
    if shard.scheduled:
        yield Act("Cancel the scheduled switchover", "ban", "switchover-unschedule", name)
    elif not shard.follows_another:
        yield Act("Switch over later", "clock", "switchover-schedule", chosen)
    pending = any(member.pending_restart for member in shard.members)
    yield Act("Restart, member by member", "refresh-cw", "shard-restart", name | _only_pending(pending))
    if shard.paused:
        yield Act("Resume automatic failover", "play", "failover-resume", name)
    else:
        yield Act("Pause automatic failover", "pause", "failover-pause", name, danger=True)
    yield Act("Change its configuration", "list-tree", "patroni-configure", name)
    yield Act("Synchronous replication", "shield-check", "synchronous-mode", name | {"mode": shard.synchronous_mode})
    yield Act("Keep a slot through failovers", "lock", "permanent-slot-add", name)


def _only_pending(pending: bool) -> dict[str, str]:
    """A box that is ticked or not: where nothing waits for a restart, one was asked for all the same."""
    return {"only_pending": "true" if pending else ""}


def candidate(shard: ShardTopology) -> MemberSeen | None:
    """Who would lead next: a synchronous standby that answers first, never one that must not."""
    fit = [one for one in shard.replicas if one.role and one.state == "ok" and not one.told.get("nofailover")]
    return min(fit, key=lambda one: (not one.synchronous, one.replay_lag_bytes or 0, one.name), default=None)


def _of_member(shard: ShardTopology, member: MemberSeen) -> Iterator[Act]:
    leader = shard.leader
    this = {"shard": shard.name, "member": member.name}
    chosen = {"shard": shard.name, "candidate": member.name}
    if not member.leads and not member.told.get("nofailover"):
        if leader is None or leader.state == "unreachable":
            yield Act("Fail over to it", "zap", "failover", chosen, danger=True)
        elif not shard.follows_another:
            yield Act("Switch over to it", "arrow-left-right", "switchover", chosen)
            yield Act("Switch over to it later", "clock", "switchover-schedule", chosen)
    if member.leads and not shard.follows_another:
        heir = candidate(shard)
        away = {"shard": shard.name} | ({"candidate": heir.name} if heir else {})
        yield Act("Switch over from it", "arrow-left-right", "switchover", away)
    restart = this | _only_pending(member.pending_restart)
    yield Act("Restart its PostgreSQL", "refresh-cw", "member-restart", restart, danger=member.leads)
    yield Act("Reload its configuration", "refresh-cw", "member-reload", this)
    if not member.leads:
        yield Act("Build it anew", "hard-drive", "member-reinitialise", this, danger=True)


def _of_databases(pool: str, facts: PgBouncerFacts | None) -> Iterator[Act]:
    for database in facts.databases if facts else ():
        this, of = {"pool": pool, "database": database.name}, f" “{database.name}”"
        if database.paused:
            yield Act(f"Resume{of}", "play", "pool-resume", this)
        else:
            yield Act(f"Pause{of}", "pause", "pool-pause", this)
        yield Act(f"Reconnect the servers of{of}", "unplug", "pool-reconnect", this)
        yield Act(f"Resize{of}", "columns-3", "pool-resize", this | {"size": str(database.pool_size)})
        yield Act(f"Drop all connections of{of}", "zap", "pool-kill", this, danger=True)


def _of_slot(shard: ShardTopology, server: str, slot: Slot, own: Collection[str]) -> Iterator[Act]:
    this = {"shard": shard.name, "slot": slot.name}
    if slot.name in shard.permanent_slots:
        yield Act("Keep it no longer", "lock", "permanent-slot-remove", this)
    elif slot.name not in own and not slot.temporary:
        told = {"type": slot.kind, "database": slot.database, "plugin": slot.plugin}
        yield Act(
            "Keep it through failovers",
            "lock",
            "permanent-slot-add",
            this | {name: value for name, value in told.items() if value},
        )
        if not slot.active and server == shard.leader_name:
            yield Act("Drop it", "trash-2", "slot-drop", {"server": server, "slot": slot.name}, danger=True)


def _of_backend(server: str, backend: Backend) -> Iterator[Act]:
    this = {"server": server, "pid": str(backend.pid), "started": backend.started or ""}
    if backend.state == "active":
        yield Act("Cancel its query", "ban", "backend-cancel", this)
    yield Act("End its connection", "x", "backend-terminate", this, danger=True)
