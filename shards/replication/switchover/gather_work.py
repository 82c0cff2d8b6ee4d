"""What stands in the way on the servers themselves: the pools in front of a shard, and what its leader is busy with."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db.models import Q

from novaops.inventory.targets import Target
from shards.clients.patroni_replies import Config
from shards.clients.pgbouncer import PgBouncer
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.moves.models import Move, Phase
from shards.replication.switchover.facts import LeaderWork, PoolFacts
from shards.replication.switchover.leading import address_of
from shards.replication.switchover.order import ASK_SECONDS, members

# to_jsonb: `failover` came with PostgreSQL 17.
WORK = """
SELECT
    ARRAY(
        SELECT s.slot_name::text FROM pg_replication_slots s
        WHERE s.slot_type = 'logical' AND NOT s.temporary
            AND NOT coalesce((to_jsonb(s) ->> 'failover')::boolean, false)
        ORDER BY 1
    ) AS slots,
    (SELECT count(*) FROM pg_stat_progress_basebackup) AS base_backups,
    coalesce(extract(epoch FROM clock_timestamp() - oldest.xact_start), 0)::float8 AS longest_seconds,
    coalesce(oldest.application_name, '') AS longest_application
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT a.xact_start, a.application_name
    FROM pg_stat_activity a
    WHERE a.backend_type = 'client backend' AND a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid()
    ORDER BY a.xact_start
    LIMIT 1
) AS oldest ON true
"""


def work_of(leader: Target, config: Config) -> LeaderWork:
    try:
        with sessions.open(leader, ASK_SECONDS) as session:
            row = session.execute(WORK).fetchone() or {}
    except ShardError as problem:
        return LeaderWork(problem=str(problem))
    lost = tuple(slot for slot in row["slots"] if slot not in config.permanent_slots)
    return LeaderWork(
        lost_slots=lost,
        base_backups=row["base_backups"],
        longest_seconds=row["longest_seconds"],
        longest_application=row["longest_application"],
    )


def pools_of(shard: str, leader: str, postgres: Mapping[str, Target]) -> tuple[PoolFacts, ...]:
    """Every registered pool in front of the shard, asked at the same time."""
    pools = members("pgbouncer", shard)
    ask = partial(_pool, leader=leader, servers=tuple(postgres.values()))
    with ThreadPoolExecutor(max(1, len(pools)), "pools") as threads:
        return tuple(threads.map(ask, pools))


def _pool(pool: Target, leader: str, servers: tuple[Target, ...]) -> PoolFacts:
    """The database for writes leads to the leader whatever stands at its address; others do when it is the leader's."""
    try:
        report = PgBouncer(pool).report()
    except ShardError as problem:
        return PoolFacts(name=pool.name, problem=str(problem), absent="Nothing listens" in str(problem))
    writes = pool.options.get("primary", "primary")
    to_leader = [one.name for one in report.databases if one.name == writes or address_of(one, servers) == leader]
    wait = float(report.config.get("query_wait_timeout") or 0)
    return PoolFacts(name=pool.name, databases=tuple(sorted(to_leader)), wait_seconds=wait)


def ways_back_of(shard: str) -> tuple[str, ...]:
    """Tenants whose way back streams between this shard and another."""
    open_ = Move.objects.filter(phase__in=(Phase.MOVED, Phase.RETURNING))
    of_shard = open_.filter(Q(source__name=shard) | Q(target__name=shard))
    return tuple(of_shard.order_by("tenant_id").values_list("tenant_id", flat=True))
