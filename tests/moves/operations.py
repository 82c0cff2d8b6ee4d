"""Operations and moves as the console keeps them, without anything on a shard."""

from typing import Any

from novaops.inventory.models import Shard
from novaops.operations.models import Operation
from shards.moves.models import Move


def done_move(tenant: str, source: str, target: str, **more: Any) -> Operation:
    operation = Operation.objects.create(
        kind="tenant-move",
        title=f"{tenant} moves from {source} to {target}.",
        risk="medium",
        reason="To see.",
        requested_by_name="ada",
        status="done",
        parameters={"tenant": tenant, "target": target},
        plan_json={"summary": "It moves.", "blast": {"summary": "One tenant."}},
    )
    shards = {"source": Shard.objects.get(name=source), "target": Shard.objects.get(name=target)}
    Move.objects.create(operation=operation, tenant_id=tenant, **shards, **{"epoch": 1, **more})
    return operation
