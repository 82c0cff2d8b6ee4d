"""What stands for some seconds whenever another member leads: it follows from that, and is not told beside it. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from metrics.contract import ServerSeen, Snapshot
from novaops.inventory.models import ServerKind
from shards.replication.disk_space import NAME as SPACE
from shards.replication.own_slots import slot_of
from shards.replication.own_word import NAME as ITSELF
from shards.replication.own_word import PatroniItselfFacts

SETTLES = timedelta(minutes=2)
"""How long a shard may take to be whole once another member leads."""
# What a PostgreSQL is asked beside how it is.
ASKED_RARELY = ("postgres-settings", SPACE, "partitions", "tenants", "leftovers", "leftover-rows", "placement")
# Patroni stops and starts PostgreSQL when it makes a leader follow.
AT_WORK = frozenset({"stopping", "stopped", "starting", "restarting"})
# What PostgreSQL says itself while it is stopped in order, or comes up; Patroni's word may be some seconds older.
COMES_UP = ("is starting up", "not yet accepting connections")
ITS_WORDS = ("due to administrator command", "is shutting down", *COMES_UP)


def of_new_leader(snapshot: Snapshot, shard: str) -> Iterator[str]:
    """The keys: nobody streams yet, no standby is synchronous yet, clients of the pool wait."""
    yield from (f"replication:{what}:{shard}" for what in ("leader", "sync"))
    for server in snapshot.servers_of(ServerKind.POSTGRES, shard):
        for what in ("receiver", "lag", "lag-bytes", "timeline", "state"):
            yield f"replication:{what}:{server.name}"
        yield f"replication:slot:{shard}:{slot_of(server.name)}"
        yield from of_restarting(snapshot, server)
    for server in snapshot.servers_of(ServerKind.PGBOUNCER, shard):
        yield f"pools:waiting:{server.name}"


def of_restarting(snapshot: Snapshot, member: ServerSeen) -> Iterator[str]:
    """What is said of a PostgreSQL that its Patroni stops or starts now; what it is rarely asked may have met that."""
    yield from (f"unanswered:{probe}:postgres:{member.name}" for probe in ASKED_RARELY)
    if _at_work(snapshot, member.name):
        yield f"replication:silent-postgres:{member.name}"
        yield f"unanswered:postgres:postgres:{member.name}"


def _at_work(snapshot: Snapshot, member: str) -> bool:
    own = snapshot.seen(ServerKind.PATRONI, member, ITSELF)
    server = snapshot.seen(ServerKind.POSTGRES, member, "postgres")
    if own and own.reachable and isinstance(own.facts, PatroniItselfFacts) and own.facts.status.state in AT_WORK:
        return True
    return bool(server and not server.reachable and any(words in server.cause for words in ITS_WORDS))
