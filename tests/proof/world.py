"""A live system in memory, and two kinds that act on it. What happens inside a step is told beforehand, by whoever
drives the worker: problems, people who step in, another worker, or the worker's own death."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel

from novaops.fleets.rights import Right
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
    TransientProblem,
)
from tests.proof.faults import Way

STEPS = ("first", "second", "third", "last")
UNINTERRUPTED, NO_RETURN = "second", "third"


class Killed(BaseException):
    """The worker is dead: nothing that it would have written is written."""


class Twist(StrEnum):
    """What happens in a step."""

    TRANSIENT = "the system is busy"
    PERMANENT = "the system refuses"
    DEFECT = "a defect"
    DEATH = "the worker is killed"
    CANCEL = "a person cancels"
    PAUSE = "a person pauses"
    RESUME = "a person takes the pause back"
    RIVAL = "another worker looks"
    REPLACED = "the lease ran out, and another worker carries on"


@dataclass(frozen=True, slots=True)
class Moment:
    """In the step, each way, before or after its effect."""

    step: str
    way: Way
    acted: bool


Act = Callable[[int], None]


@dataclass
class World:
    """`twists` happen once each; `acts` carry out those that need more than an exception."""

    colour: str = "blue"
    standing: set[tuple[int, str]] = field(default_factory=set)
    effects: Counter[tuple[int, str, Way]] = field(default_factory=Counter)
    undo_failed: set[int] = field(default_factory=set)
    twists: dict[Moment, Twist] = field(default_factory=dict)
    acts: Mapping[Twist, Act] = field(default_factory=dict)

    def run(self, step: str, context: StepContext) -> str:
        self._twist(Moment(step, Way.FORWARD, False), context)
        context.hold()
        self.standing.add((context.operation_id, step))
        self.effects[context.operation_id, step, Way.FORWARD] += 1
        self._twist(Moment(step, Way.FORWARD, True), context)
        return f"Did {step}."

    def undo(self, step: str, context: StepContext) -> str:
        self._twist(Moment(step, Way.BACK, False), context)
        context.hold()
        if (context.operation_id, step) in self.standing:
            self.standing.remove((context.operation_id, step))
            self.effects[context.operation_id, step, Way.BACK] += 1
        self._twist(Moment(step, Way.BACK, True), context)
        return f"Took {step} back."

    def left_of(self, operation_id: int) -> list[str]:
        return [step for step in STEPS if (operation_id, step) in self.standing]

    def _twist(self, moment: Moment, context: StepContext) -> None:
        twist = self.twists.pop(moment, None)
        if twist is None:
            return
        if moment.way is Way.BACK and twist in (Twist.PERMANENT, Twist.DEFECT):
            self.undo_failed.add(context.operation_id)
        if twist in PROBLEMS:
            raise PROBLEMS[twist]()
        self.acts[twist](context.operation_id)
        context.progress(1, 2, "on its way")


PROBLEMS: dict[Twist, Callable[[], BaseException]] = {
    Twist.TRANSIENT: lambda: TransientProblem("The system is busy."),
    Twist.PERMANENT: lambda: PermanentProblem("The system refuses."),
    Twist.DEFECT: lambda: ZeroDivisionError("a defect"),
    Twist.DEATH: Killed,
}


class What(BaseModel):
    thing: str


class Colour(BaseModel):
    colour: str


class Easy(Kind[What]):
    name: ClassVar[str] = "easy"
    title: ClassVar[str] = "Change a thing"
    description: ClassVar[str] = "Only for tests."
    risk: ClassVar[Risk] = Risk.LOW
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = What

    def __init__(self, world: World) -> None:
        self.world = world

    def locks(self, parameters: What) -> tuple[Lock, ...]:
        return (Lock("thing", parameters.thing),)

    def gather(self, parameters: What) -> Colour:
        return Colour(colour=self.world.colour)

    def plan(self, parameters: What, facts: Colour, now: datetime) -> Plan:
        return Plan(
            summary=f"Change {parameters.thing}.",
            blast=BlastRadius(summary="One thing."),
            steps=tuple(PlannedStep(key=key, title=f"Do {key}") for key in STEPS),
            facts={"colour": facts.colour},
            confirm=parameters.thing,
            point_of_no_return=NO_RETURN,
        )

    def steps(self) -> Mapping[str, Step]:
        return {key: self._step(key) for key in STEPS}

    def inverse(self, parameters: What, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return self.name, parameters.model_dump()

    def _step(self, key: str) -> Step:
        return Step(
            run=lambda context: self.world.run(key, context),
            done=lambda context: (context.operation_id, key) in self.world.standing,
            undo=lambda context: self.world.undo(key, context),
            cancellable=key != UNINTERRUPTED,
            attempts=2,
        )


class Risky(Easy):
    """One other person has to approve it."""

    name: ClassVar[str] = "risky"
    risk: ClassVar[Risk] = Risk.HIGH
