"""A paused cluster is a finding that says whose pause it is."""

from metrics.contract import Severity
from novaops.fleets.models import Fleet
from novaops.operations.models import Operation
from shards.replication.maintenance.pause_findings import pauses
from shards.replication.maintenance.pause_models import FailoverPause
from tests.replies import said
from tests.shards.test_finding_probes import NOW, fleet, patroni

PAUSED = fleet(*patroni(said("patroni-4.1.5/cluster-paused")))


def test_a_pause_of_nobody_here_and_one_that_is_over_its_time(in_fleet: Fleet) -> None:
    assert not list(pauses(fleet(*patroni(said("patroni-4.1.5/cluster-quiet"))), NOW))
    [foreign] = pauses(PAUSED, NOW)
    assert foreign.key == "replication:paused:four" and "Nobody asked for it through NovaOps" in foreign.sentence
    operation = paused_by_ada()
    [late] = pauses(PAUSED, NOW)
    assert late.severity is Severity.CRITICAL and "ada paused automatic failover of four" in late.sentence
    FailoverPause.objects.filter(operation_id=operation).update(ended_at=NOW)
    [foreign] = pauses(PAUSED, NOW)
    assert foreign.severity is Severity.WARNING


def paused_by_ada() -> int:
    """Until right before that moment."""
    FailoverPause.objects.all().delete()
    operation = done_pause()
    FailoverPause.objects.create(operation_id=operation, shard="four", owner="ada", expires_at=NOW.replace(year=2025))
    return operation


def done_pause() -> int:
    operation = Operation.objects.create(
        kind="failover-pause",
        title="It is paused.",
        risk="high",
        reason="To see.",
        requested_by_name="ada",
        status="done",
    )
    return operation.pk
