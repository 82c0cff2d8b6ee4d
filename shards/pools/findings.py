"""What is wrong with a pool. Pure."""

from collections.abc import Iterator
from datetime import datetime

from metrics import thresholds
from metrics.contract import Finding, Remedy, Seen, Severity, Snapshot
from novaops.inventory.models import ServerKind
from novaops.ui.formats import duration, percent
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.replication.findings import cluster_of


def pools(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(PgBouncerFacts):
        if seen.reachable:
            yield from _waiting(seen, facts)
            yield from _full(seen, facts)
            yield from _misled(snapshot, seen, facts)


def _waiting(seen: Seen, facts: PgBouncerFacts) -> Iterator[Finding]:
    longest = facts.maxwait_seconds
    if facts.waiting and longest > thresholds.WAITING_WARNING_SECONDS:
        severity = Severity.CRITICAL if longest > thresholds.WAITING_CRITICAL_SECONDS else Severity.WARNING
        sentence = (
            f"{facts.waiting} clients of {seen.server.name} wait for a connection, the longest for {duration(longest)}."
        )
        yield _finding(
            "waiting", severity, seen, sentence, "Look for long transactions, or give the pool more connections."
        )


def _full(seen: Seen, facts: PgBouncerFacts) -> Iterator[Finding]:
    for database in facts.databases:
        used = facts.utilisation(database.name)
        if used > thresholds.POOL_CRITICAL:
            severity = Severity.CRITICAL if facts.waiting else Severity.WARNING
            sentence = f"{percent(used, 0)} of {seen.server.name}'s connections to “{database.name}” are in use."
            step = "Look for long transactions, or give it more connections."
            yield _finding(f"full-{database.name}", severity, seen, sentence, step, _resize(seen, database))
    if facts.max_clients and facts.clients / facts.max_clients > thresholds.CLIENTS_WARNING:
        sentence = f"{seen.server.name} has {facts.clients} of {facts.max_clients} clients: soon it refuses new ones."
        yield _finding("clients", Severity.CRITICAL, seen, sentence, "Raise max_client_conn, or close idle clients.")


def _misled(snapshot: Snapshot, seen: Seen, facts: PgBouncerFacts) -> Iterator[Finding]:
    """Writes go through the `primary` database: it has to lead to the leader."""
    writes = facts.database(seen.server.options.get("primary", "primary"))
    cluster = cluster_of(snapshot, seen.server.shard)
    if writes is None or cluster is None or cluster.leader is None or not writes.host:
        return
    members = snapshot.servers_of(ServerKind.POSTGRES, seen.server.shard)
    pointed = next((one.name for one in members if (one.host, one.port) == (writes.host, writes.port)), "")
    if pointed and pointed != cluster.leader.name:
        sentence = f"{seen.server.name} sends writes to {pointed}, but {cluster.leader.name} leads."
        step = "See what re-points it after a failover; where its file is right already, let it read that again."
        remedy = Remedy("Reload it", "pool-reload", {"pool": seen.server.name})
        yield _finding("misled", Severity.CRITICAL, seen, sentence, step, remedy)


def _resize(seen: Seen, database: PooledDatabase) -> Remedy:
    told = {"pool": seen.server.name, "database": database.name, "size": str(database.pool_size)}
    return Remedy("Resize it", "pool-resize", told)


def _finding(
    what: str, severity: Severity, seen: Seen, sentence: str, next_step: str, remedy: Remedy | None = None
) -> Finding:
    return Finding(
        key=f"pools:{what}:{seen.server.name}",
        severity=severity,
        sentence=sentence,
        subject=seen.server.name,
        since=None,
        page="replication",
        anchor=seen.server.shard,
        next_step=next_step,
        remedy=remedy,
    )
