"""The operation kinds of a move: `tenant-move`, and what is done with it afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from novaops.fleets.rights import Right
from novaops.inventory import selectors as inventory
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.moves.facts import MoveFacts
from shards.moves.gather import gather
from shards.moves.models import Move, Phase
from shards.moves.parameters import MoveParameters
from shards.moves.planner import plan_move
from shards.moves.steps import STEPS
from shards.placement.selectors import shards_of


class TenantMove(Kind[MoveParameters]):
    name = "tenant-move"
    title = "Move a tenant to another shard"
    description = (
        "Copies a tenant's rows while its application goes on writing, compares them all, and cuts over within a pause"
        " of some hundredths of a second. For a while it can be taken back."
    )
    risk = Risk.MEDIUM
    right = Right.CHANGE_PLACEMENT
    parameters = MoveParameters

    def locks(self, parameters: MoveParameters) -> tuple[Lock, ...]:
        """Others may move on the same shards; nothing that needs one of them alone begins meanwhile."""
        source = shards_of([parameters.tenant]).get(parameters.tenant)
        return locks_of(parameters.tenant, source or parameters.target, parameters.target)

    def gather(self, parameters: MoveParameters) -> MoveFacts:
        return gather(parameters.tenant, parameters.target)

    def plan(self, parameters: MoveParameters, facts: MoveFacts, now: datetime) -> Plan:
        return plan_move(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def inverse(self, parameters: MoveParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """While its way back is open. Of several moves of the tenant it is the one from the same epoch."""
        moved = Move.objects.filter(tenant_id=parameters.tenant, phase=Phase.MOVED, epoch=plan.facts.get("epoch", 0))
        number = moved.values_list("operation_id", flat=True).first()
        return ("tenant-move-back", {"operation": number}) if number else None

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"target": [(shard.name, f"{shard.name} ({shard.state})") for shard in inventory.shards()]}


def locks_of(tenant: str, source: str, target: str) -> tuple[Lock, ...]:
    shards = sorted({source, target})
    return (Lock("tenant", tenant), *(Lock("shard", name, shared=True) for name in shards))
