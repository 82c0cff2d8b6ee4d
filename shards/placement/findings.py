"""Tenants whose applications cannot write: placed on a shard that lets nobody in, and no operation is under way."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from metrics.contract import Finding, Severity, Snapshot
from novaops.operations.choices import ACTIVE
from novaops.operations.models import OperationLock
from shards.placement.models import Placement

# A cutover is over long before, and the placement has followed.
PATIENCE = timedelta(minutes=2)
SHOWN = 20
STEP = "Look at its moves: the one that left it so is taken on again, taken back, or asked for anew."


def gates(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    shut = Placement.objects.exclude(gate="").filter(gate_since__lte=now - PATIENCE).select_related("shard")
    several = list(shut.order_by("gate_since", "tenant_id")[:SHOWN])
    names = [one.tenant_id for one in several]
    under_way = set(
        OperationLock.objects.filter(scope="tenant", name__in=names, operation__status__in=ACTIVE).values_list(
            "name", flat=True
        )
    )
    for one in several:
        if one.tenant_id not in under_way:
            yield _finding(one)


def _finding(one: Placement) -> Finding:
    return Finding(
        key=f"gate:{one.tenant_id}",
        severity=Severity.CRITICAL,
        sentence=f"{one.tenant_id} is placed on {one.shard.name}, which lets nobody write for it (its gate is"
        f" {one.gate}), and no operation is under way.",
        subject=one.tenant_id,
        since=one.gate_since,
        page="moves",
        next_step=STEP,
    )
