"""A kind that moves a tenant in the console's book alone: what the operations that make many moves are tested with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from novaops.fleets.rights import Right
from novaops.inventory.models import Shard
from novaops.operations.contract import (
    BlastRadius,
    Kind,
    Lock,
    PermanentProblem,
    Plan,
    PlannedStep,
    Risk,
    Step,
    StepContext,
)
from shards.moves.parameters import MoveParameters
from shards.placement.models import Placement

STUCK = "stuck"


class Moving(Kind[MoveParameters]):
    """The tenant `stuck` fails."""

    name = "book-move"
    title = "Move a tenant in the book"
    description = "Only for tests."
    risk = Risk.MEDIUM
    right = Right.CHANGE_PLACEMENT
    parameters = MoveParameters

    def locks(self, parameters: MoveParameters) -> tuple[Lock, ...]:
        return (Lock("tenant", parameters.tenant),)

    def gather(self, parameters: MoveParameters) -> BaseModel:
        return parameters

    def plan(self, parameters: MoveParameters, facts: Any, now: datetime) -> Plan:
        told = {"tenant": parameters.tenant, "target": parameters.target}
        return Plan(
            summary=f"{parameters.tenant} moves.",
            blast=BlastRadius(summary="One tenant."),
            steps=(PlannedStep(key="move", title="Move", arguments=told),),
            confirm=f"{parameters.tenant} {parameters.target}",
        )

    def steps(self) -> Mapping[str, Step]:
        return {"move": Step(run=_move, attempts=1)}


def _move(context: StepContext) -> str:
    tenant = context.arguments["tenant"]
    if tenant == STUCK:
        raise PermanentProblem("It does not move.")
    target = Shard.objects.get(name=context.arguments["target"])
    Placement.objects.filter(tenant_id=tenant).update(shard=target)
    return f"{tenant} is on {target.name}."
