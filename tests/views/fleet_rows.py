"""A fleet in the control database as a collector leaves it behind: servers with readings, without any server."""

from datetime import datetime, timedelta

from django.utils import timezone

from metrics.contract import Facts, State
from metrics.models import Reading, Sample
from novaops.inventory.models import Server, Shard
from shards.clients.patroni_replies import Cluster, Member, Role, Status
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PatroniFacts, PostgresFacts, Slot, StandbyConnection

ROLES = (Role.LEADER, Role.SYNC_STANDBY, Role.REPLICA)


def member(shard: str, index: int, **changes: object) -> Member:
    base = Member(
        name=f"{shard}-{'abc'[index]}",
        role=ROLES[index],
        state="running",
        timeline=7,
        lag_bytes=None if index == 0 else index * 1024,
    )
    return base.model_copy(update=changes)


def cluster(shard: str) -> Cluster:
    return Cluster(members=tuple(member(shard, index) for index in range(3)))


def postgres_facts(shard: str, index: int) -> PostgresFacts:
    standbys = tuple(
        StandbyConnection(application_name=f"{shard}-{letter}", flush_lag_bytes=0, replay_lag_bytes=2048)
        for letter in "bc"
    )
    return PostgresFacts(
        version="15.14",
        version_number=150014,
        in_recovery=index > 0,
        started_at=timezone.now() - timedelta(days=3),
        uptime_seconds=259200,
        replay_lag_seconds=None if index == 0 else 0.25,
        database_bytes=120 * 1024**2,
        max_connections=100,
        connections=7,
        standbys=standbys if index == 0 else (),
        slots=(Slot(name=f"{shard}_b", kind="physical", active=True, held_bytes=4096),) if index == 0 else (),
    )


def reading(server: Server, probe: str, facts: Facts, values: dict[str, float], at: datetime) -> Reading:
    return Reading.objects.create(
        server=server,
        probe=probe,
        state=State.OK,
        facts=facts.model_dump(mode="json"),
        values=values,
        checked_at=at,
        good_at=at,
        state_since=at,
        took_ms=3.5,
        due_at=at,
    )


def add_shard(name: str, port: int, at: datetime) -> Shard:
    """Three members, each with its Patroni and its PostgreSQL, and one pool; all answered at `at`."""
    shard = Shard.objects.create(name=name, cluster=name, database="novacron")
    for index, letter in enumerate("abc"):
        _add_member(shard, f"{name}-{letter}", index, port + 2 * index, at)
    pool = Server.objects.create(kind="pgbouncer", name=f"{name}-pool", shard=shard, host="127.0.0.1", port=port + 9)
    reading(pool, "pgbouncer", PgBouncerFacts(version="1.18", clients=42), {"utilisation": 0.25}, at)
    return shard


def _add_member(shard: Shard, name: str, index: int, port: int, at: datetime) -> None:
    where = {"shard": shard, "host": "127.0.0.1", "name": name}
    patroni = Server.objects.create(kind="patroni", port=port + 1, url=f"http://127.0.0.1:{port + 1}", **where)
    postgres = Server.objects.create(kind="postgres", port=port, **where)
    status = Status(role=ROLES[index], state="running", timeline=7)
    reading(patroni, "patroni", PatroniFacts(status=status, cluster=cluster(shard.name)), {}, at)
    values = {"database_bytes": 120 * 1024**2, "rows_written_total": 1000.0}
    reading(postgres, "postgres", postgres_facts(shard.name, index), values, at)
    for seconds in (600, 300, 60, 5):
        Sample.objects.create(server=postgres, probe="postgres", at=at - timedelta(seconds=seconds), values=values)


def silence(server_name: str, cause: str = "Nothing listens there (connection refused).") -> None:
    """The server stopped answering; what it last said stays."""
    now = timezone.now()
    Reading.objects.filter(server__name=server_name).update(
        state=State.UNREACHABLE, cause=cause, checked_at=now, good_at=now - timedelta(minutes=4), state_since=now
    )
