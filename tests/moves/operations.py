"""Operations and moves as the console keeps them, without anything on a shard."""

from typing import Any

from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.models import Operation
from shards.moves.models import Move, Phase


def done_move(tenant: str, source: str, target: str, status: str = "done", **more: Any) -> Operation:
    operation = Operation.objects.create(
        kind="tenant-move",
        title=f"{tenant} moves from {source} to {target}.",
        risk="medium",
        reason="To see.",
        requested_by_name="ada",
        status=status,
        parameters={"tenant": tenant, "target": target},
        plan_json={"summary": "It moves.", "blast": {"summary": "One tenant."}},
    )
    shards = {"source": Shard.objects.get(name=source), "target": Shard.objects.get(name=target)}
    Move.objects.create(operation=operation, tenant_id=tenant, **shards, **{"epoch": 1, **more})
    return operation


def copying(fleet: Fleet) -> int:
    """The operation of a move of acme between two shards of this fleet, a quarter of it done."""
    with tenant_context(fleet):
        for name in ("shard-1", "shard-2"):
            Shard.objects.create(name=name, cluster=name, database="novacron")
        number = done_move("acme", "shard-1", "shard-2").pk
        quarter = {"bytes_total": 4_000_000, "bytes_copied": 1_000_000, "bytes_per_second": 1e6, "rows_copied": 10}
        Move.objects.update(phase=Phase.COPYING, **quarter)
    return number
