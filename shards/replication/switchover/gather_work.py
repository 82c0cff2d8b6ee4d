"""What stands in the way: what a shard's leader is busy with, and ways back of moves; and what was measured before."""

from statistics import median

from django.db.models import Q

from novaops.inventory.targets import Target
from shards.clients.patroni_replies import Config
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.moves.models import Move, Phase
from shards.pools.pausing.measured import LAST
from shards.pools.pausing.models import PoolPause
from shards.replication.history_models import LeaderSwitch
from shards.replication.switchover.facts import LeaderWork
from shards.replication.switchover.order import ASK_SECONDS

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


def usual_refusal_ms(shard: str) -> int | None:
    """The median of how long writes were away in the last switchovers without a pause; None before the first."""
    asked = LeaderSwitch.objects.filter(shard=shard, operation__isnull=False, gap_most__isnull=False)
    asked = asked.exclude(operation__in=PoolPause.objects.filter(paused_at__isnull=False).values("operation"))
    found = [one.gap_most for one in asked.order_by("-at")[:LAST] if one.gap_most is not None]
    return round(1000 * median(found)) if found else None


def ways_back_of(shard: str) -> tuple[str, ...]:
    """Tenants whose way back streams between this shard and another."""
    open_ = Move.objects.filter(phase__in=(Phase.MOVED, Phase.RETURNING))
    of_shard = open_.filter(Q(source__name=shard) | Q(target__name=shard))
    return tuple(of_shard.order_by("tenant_id").values_list("tenant_id", flat=True))
