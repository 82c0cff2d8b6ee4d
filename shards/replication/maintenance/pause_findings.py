"""A paused cluster, found: whose pause it is, until when, and that its time is over, each time until it is resumed."""

from collections.abc import Iterator
from datetime import datetime

from metrics.contract import Finding, Remedy, Severity, Snapshot
from novaops.ui.formats import duration, moment
from shards.replication.findings import cluster_of, finding
from shards.replication.maintenance.pause_models import FailoverPause

NOT_REPLACED = "a leader that fails is not replaced"


def pauses(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Reads the pauses from the control database where a cluster says that it is paused."""
    paused = [one.name for one in snapshot.shards if (seen := cluster_of(snapshot, one.name)) and seen.paused]
    if paused:
        kept = {one.shard: one for one in FailoverPause.objects.filter(shard__in=paused, ended_at=None)}
        yield from (paused_finding(shard, kept.get(shard), now) for shard in paused)


def _found(shard: str, severity: Severity, sentence: str, step: str) -> Finding:
    remedy = Remedy("Resume it", "failover-resume", {"shard": shard})
    return finding(f"paused:{shard}", severity, shard, sentence, step, remedy=remedy)


def paused_finding(shard: str, kept: FailoverPause | None, now: datetime) -> Finding:
    if kept is None:
        sentence = f"Automatic failover of {shard} is paused: {NOT_REPLACED}. Nobody asked for it through NovaOps."
        step = "Find out who did it; request “Resume automatic failover” when the maintenance is over."
        return _found(shard, Severity.WARNING, sentence, step)
    over = (now - kept.expires_at).total_seconds()
    if over > 0:
        sentence = (
            f"{kept.owner} paused automatic failover of {shard} until {moment(kept.expires_at)}, {duration(over)} ago, "
            f"and it is still paused: {NOT_REPLACED}."
        )
        step = f"Ask {kept.owner} whether it is still needed; request “Resume automatic failover”, or pause it anew."
        return _found(shard, Severity.CRITICAL, sentence, step)
    sentence = f"{kept.owner} paused automatic failover of {shard} until {moment(kept.expires_at)}: {NOT_REPLACED}."
    step = f"Operation {kept.operation_id}: {kept.reason}" if kept.reason else "Resume it when it is over."
    return _found(shard, Severity.WARNING, sentence, step)
