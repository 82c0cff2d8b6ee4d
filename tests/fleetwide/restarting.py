"""A kind in the place of `shard-restart` that touches no server: what waves are tested with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from novaops.fleets.rights import Right
from novaops.operations.contract import (
    BlastRadius,
    Check,
    Kind,
    Lock,
    PermanentProblem,
    Plan,
    PlannedStep,
    Risk,
    Step,
    StepContext,
)


class Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str
    only_pending: bool


class Restarting(Kind[Told]):
    """Fails on the shards in `fails`, and refuses those in `refuses`."""

    name = "shard-restart"
    title = "Restart a shard in the book"
    description = "Only for tests."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = Told

    def __init__(self, fails: tuple[str, ...] = (), refuses: tuple[str, ...] = ()) -> None:
        self.fails, self.refuses = fails, refuses

    def locks(self, parameters: Told) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: Told) -> BaseModel:
        return parameters

    def plan(self, parameters: Told, facts: Any, now: datetime) -> Plan:
        no = Check(name="No", outcome="failed", reason=f"{parameters.shard} is refused.")
        return Plan(
            summary=f"{parameters.shard} is restarted.",
            checks=(no,) if parameters.shard in self.refuses else (),
            blast=BlastRadius(summary="One shard."),
            steps=(PlannedStep(key="restart", title="Restart", arguments={"shard": parameters.shard}),),
            confirm=parameters.shard,
        )

    def steps(self) -> Mapping[str, Step]:
        return {"restart": Step(run=self._restart, attempts=1)}

    def _restart(self, context: StepContext) -> str:
        if context.arguments["shard"] in self.fails:
            raise PermanentProblem("It does not start.")
        return "Restarted."
