"""What the proof has to know of a kind of operation."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from novaops.operations.models import Operation
from tests.proof.faults import Fault, Mishap, Point, Way
from tests.proof.scene import Scene


@dataclass(frozen=True)
class Call:
    """A function inside a step, at whose `nth` call a worker may come to grief: in the middle of the effect."""

    step: int
    name: str
    nth: int = 1
    way: Way = Way.FORWARD

    def fault(self, mishap: Mishap = Mishap.DIE) -> Fault:
        return Fault(Point.CALLED, self.way, self.step, mishap, self.name, self.nth)


@dataclass(frozen=True)
class Case:
    """Something real to act on, made for one operation. `violations` are sentences about the live system, once the
    operation is over. Where `cancel_after` is a step's index, the operation is taken back because a person cancels it
    once that step is done, or with `cancel_in` at that call; else it goes back by itself when its parameters say so."""

    kind: str
    parameters: Callable[[Way], dict[str, Any]]
    violations: Callable[[Operation], list[str]]
    cancel_after: int | None = None
    cancel_in: Call | None = None

    @property
    def cancelled_at(self) -> Fault | None:
        """Where a worker waits until a person has cancelled it."""
        if self.cancel_in:
            return self.cancel_in.fault(Mishap.HOLD)
        if self.cancel_after is None:
            return None
        return Fault(Point.AFTER, step=self.cancel_after, mishap=Mishap.HOLD)


@dataclass(frozen=True)
class Subject:
    """A kind, how its cases are made, and where its workers may come to grief. `back`: how many of its steps can be
    taken back. `ends_by_itself`: a guard may have done what the last step does before a worker comes to it, and
    then none comes further than before it."""

    kind: str
    make: Callable[[Scene], AbstractContextManager[Case]]
    steps: int
    back: int = 0
    calls: tuple[Call, ...] = ()
    ends_by_itself: bool = False
