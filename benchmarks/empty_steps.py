"""A kind of operation whose steps do nothing: what it costs is what every step costs."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel

from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.contract import BlastRadius, Kind, Lock, Plan, PlannedStep, Risk, Step

STEP = "nothing"


class HowMany(BaseModel):
    steps: int


class Nothing(BaseModel):
    """There are no facts."""


class EmptySteps(Kind[HowMany]):
    name: ClassVar[str] = "empty-steps"
    title: ClassVar[str] = "Do nothing, in steps"
    description: ClassVar[str] = "Only for the benchmark."
    risk: ClassVar[Risk] = Risk.LOW
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = HowMany

    def locks(self, parameters: HowMany) -> tuple[Lock, ...]:
        return (Lock("benchmark", "nothing"),)

    def gather(self, parameters: HowMany) -> Nothing:
        return Nothing()

    def plan(self, parameters: HowMany, facts: Nothing, now: datetime) -> Plan:
        steps = (PlannedStep(key=STEP, title=f"Nothing, number {number + 1}") for number in range(parameters.steps))
        return Plan(summary="Do nothing.", blast=BlastRadius(summary="Nothing."), steps=tuple(steps))

    def steps(self) -> Mapping[str, Step]:
        return {STEP: Step(run=lambda context: "Did nothing.")}


def register() -> None:
    registry.register(EmptySteps())
