"""A kind with ten steps, each of which can be taken back; its effects stand in a ledger."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field

from novaops.fleets.rights import Right
from novaops.operations import registry
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
from tests.proof.ledger import Ledger

STEPS = tuple(f"step-{number:02}" for number in range(1, 11))


class Ten(BaseModel):
    ledger: str = Field(description="The schema that counts the effects.")
    turns_back: bool = Field(default=False, description="The last step fails, so that all is taken back.")
    asks: bool = Field(default=True, description="Whether a step first asks if its effect is there already.")


class Nothing(BaseModel):
    """There are no facts that could change."""


class TenSteps(Kind[Ten]):
    name = "ten-steps"
    title = "Take ten steps"
    description = "Writes ten rows into a ledger; only for tests."
    risk = Risk.LOW
    right = Right.CHANGE_CACHES
    parameters = Ten

    def locks(self, parameters: Ten) -> tuple[Lock, ...]:
        return (Lock("ledger", parameters.ledger),)

    def gather(self, parameters: Ten) -> Nothing:
        return Nothing()

    def plan(self, parameters: Ten, facts: Nothing, now: datetime) -> Plan:
        arguments = parameters.model_dump()
        return Plan(
            summary=f"Take ten steps in {parameters.ledger}.",
            blast=BlastRadius(summary="One ledger."),
            steps=tuple(PlannedStep(key=key, title=f"Take {key}", arguments=arguments) for key in STEPS),
        )

    def steps(self) -> Mapping[str, Step]:
        return {key: _step(key) for key in STEPS}


def _step(key: str) -> Step:
    def run(context: StepContext) -> str:
        if key == STEPS[-1] and context.arguments["turns_back"]:
            raise PermanentProblem("The last step cannot be taken.")
        context.hold()
        _ledger(context).do(key, context.fencing_token)
        return f"Took {key}."

    def undo(context: StepContext) -> str:
        context.hold()
        _ledger(context).undo(key, context.fencing_token)
        return f"Took {key} back."

    def done(context: StepContext) -> bool:
        return context.arguments["asks"] and key in _ledger(context).standing()

    return Step(run=run, done=done, undo=undo, timeout_seconds=20)


def _ledger(context: StepContext) -> Ledger:
    return Ledger(context.arguments["ledger"])


def register() -> None:
    if all(kind.name != TenSteps.name for kind in registry.kinds()):
        registry.register(TenSteps())
