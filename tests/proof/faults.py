"""What goes wrong in a worker, and where. The plan is made by the test and put into effect in the worker process alone:
nothing of the product knows of it."""

import importlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from novaops.operations import reverting, runner
from novaops.operations.contract import Step, StepContext
from novaops.operations.leases import Lease
from novaops.operations.models import OperationStep
from novaops.operations.stepping import Run

PLAN = "NOVAOPS_PROOF_FAULTS"
"""The environment variable with the plan, for workers that are started as programs."""


class Point(StrEnum):
    """Where in a step. A turn has points too: right after it was claimed, before and after its end is recorded."""

    BEFORE = "before"  # nothing says yet that the step begins
    BEGUN = "begun"  # that is recorded, and no effect is there
    ACTED = "acted"  # the effect is there, and nobody knows
    AFTER = "after"  # the step is recorded as done
    CALLED = "called"  # a function inside the step is called
    CLAIMED = "claimed"
    ENDING = "ending"
    ENDED = "ended"


OF_A_STEP = (Point.BEFORE, Point.BEGUN, Point.ACTED, Point.AFTER)
OF_A_TURN = (Point.CLAIMED, Point.ENDING, Point.ENDED)


class Way(StrEnum):
    FORWARD = "forward"
    BACK = "back"


class Mishap(StrEnum):
    DIE = "die"  # kill -9 of itself
    FALL = "fall"  # kill -9 of its whole process group: only for a worker that is a program
    HOLD = "hold"  # waits there, so that the test can do something to a server
    FREEZE = "freeze"  # stops as with SIGSTOP, until the test lets it go on


@dataclass(frozen=True, slots=True)
class Fault:
    """`call` names a function, as module:name, whose `nth` call is the point CALLED. `mark` is a file that tells, once,
    that a worker came to this point; no second one stops there."""

    point: Point
    way: Way = Way.FORWARD
    step: int = 0
    mishap: Mishap = Mishap.DIE
    call: str = ""
    nth: int = 1
    mark: str = ""

    @property
    def reached(self) -> bool:
        return Path(self.mark).exists()

    @property
    def gone_on(self) -> bool:
        return Path(f"{self.mark}.go").exists()

    def let_go(self) -> None:
        Path(f"{self.mark}.go").touch()

    @property
    def name(self) -> str:
        if self.point in OF_A_TURN:
            return f"{self.mishap} {self.point}"
        where = f"call {self.nth} of {self.call}" if self.call else self.point
        return f"{self.mishap} {self.way} step {self.step + 1} {where}"

    def happen(self) -> None:
        try:
            os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        if self.mishap is Mishap.DIE:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.mishap is Mishap.FALL:
            os.killpg(0, signal.SIGKILL)
        elif self.mishap is Mishap.FREEZE:
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # this thread goes no further
        else:
            while not self.gone_on:
                time.sleep(0.02)


def dumped(faults: tuple[Fault, ...]) -> str:
    return json.dumps([asdict(fault) for fault in faults])


def loaded(text: str) -> tuple[Fault, ...]:
    plan = json.loads(text or "[]")
    return tuple(
        Fault(**{**one, "point": Point(one["point"]), "way": Way(one["way"]), "mishap": Mishap(one["mishap"])})
        for one in plan
    )


Carry = Callable[[Run, OperationStep, Step], None]


def install(faults: tuple[Fault, ...]) -> None:
    """From here on, this process comes to grief as planned."""
    if faults:
        injector = Injector(faults)
        _wrap(runner, "carry_out", partial(injector.carried, Way.FORWARD))
        _wrap(reverting, "take_back", partial(injector.carried, Way.BACK))
        _wrap(runner, "_claim", injector.claimed)
        _wrap(runner, "finish", injector.finished)
        for call in {fault.call for fault in faults if fault.call}:
            module, _, function = call.partition(":")
            _wrap(importlib.import_module(module), function, partial(injector.called, call))


def _wrap(place: ModuleType, name: str, wrapper: Callable[..., Any]) -> None:
    """The wrapper gets the function that it stands before, and then that function's arguments."""
    setattr(place, name, partial(wrapper, getattr(place, name)))


class Injector:
    """`here` is the step of the worker's own operation; inside it, parts of it that are operations of their own may be
    carried out: their steps and turns are no points, only what they call is."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        self.here: tuple[Way, int] | None = None
        self.counts: dict[str, int] = {}

    def come_to(self, point: Point) -> None:
        for fault in self.faults:
            if fault.point is point and (point in OF_A_TURN or (fault.way, fault.step) == self.here):
                fault.happen()

    def carried(self, way: Way, carry: Carry, run: Run, step: OperationStep, how: Step) -> None:
        if self.here:
            carry(run, step, how)
            return
        self.here = (way, step.index)
        self.counts.clear()
        try:
            self.come_to(Point.BEFORE)
            carry(run, step, replace(how, run=self._acting(how.run), undo=how.undo and self._acting(how.undo)))
            self.come_to(Point.AFTER)
        finally:
            self.here = None

    def _acting(self, work: Callable[[StepContext], str]) -> Callable[[StepContext], str]:
        def act(context: StepContext) -> str:
            self.come_to(Point.BEGUN)
            outcome = work(context)
            self.come_to(Point.ACTED)
            return outcome

        return act

    def claimed(self, claim: Callable[..., Lease | None], *words: Any) -> Lease | None:
        lease = claim(*words)
        if lease and not self.here:
            self.come_to(Point.CLAIMED)
        return lease

    def finished(self, finish: Callable[..., None], *words: Any) -> None:
        if self.here:
            finish(*words)
            return
        self.come_to(Point.ENDING)
        finish(*words)
        self.come_to(Point.ENDED)

    def called(self, call: str, function: Callable[..., Any], *words: Any, **more: Any) -> Any:
        self.counts[call] = self.counts.get(call, 0) + 1
        for fault in self.faults:
            if fault.call == call and fault.nth <= self.counts[call] and (fault.way, fault.step) == self.here:
                fault.happen()
        return function(*words, **more)
