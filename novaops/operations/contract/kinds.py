"""A kind of operation: name, parameters, rights, locks, a planner, steps."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import TextChoices
from pydantic import BaseModel

from novaops.fleets.rights import Right
from novaops.operations.contract.plans import Plan


class Risk(TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    BREAK_GLASS = "break-glass", "Break glass"


_SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Lock:
    """What an operation holds while it runs, such as Lock("shard", "shard-1"). Locks of one scope and name exclude each
    other, but for those that are both `shared`."""

    scope: str
    name: str
    shared: bool = False

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    @property
    def stored(self) -> list[str]:
        return [self.scope, self.name, *([_SHARED] if self.shared else [])]

    @classmethod
    def restored(cls, stored: Sequence[str]) -> "Lock":
        scope, name, *how = stored
        return cls(scope, name, shared=how == [_SHARED])


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step gets. `progress(done, total, note)` is stored and shown live; it also renews the lease, and raises
    when the lease was lost or the operation is to stop, so a long step calls it at least every second. `hold()` asks
    whether this worker still has the operation, and raises when it has not: called right before each write to the
    fleet. Where a system can refuse by itself, it is also told `fencing_token` and `locks`: a token that is lower than
    one it has seen for that lock comes from a worker that was replaced. All are called from the step's own thread."""

    operation_id: int
    fencing_token: int
    arguments: Mapping[str, Any]
    progress: Callable[[int, int | None, str], None]
    log: Callable[[str], None]
    hold: Callable[[], None] = lambda: None
    locks: tuple[Lock, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """How a planned step is carried out. `done` asks the live system whether its effect is already there, and is asked
    before every attempt; `run` returns a sentence that says what came out. Both raise TransientProblem (tried again,
    with a growing pause) or PermanentProblem. A step that is not `cancellable` is neither interrupted nor left out once
    a step before it has begun. A step that takes longer than its timeout is interrupted and tried again.

    `undo` takes back what `run` did, or began: it is called when the operation fails or is cancelled before its point
    of no return, last step first, and has to be idempotent too. None: there is nothing to take back."""

    run: Callable[[StepContext], str]
    done: Callable[[StepContext], bool] = lambda context: False
    timeout_seconds: float = 60
    attempts: int = 3
    cancellable: bool = True
    undo: Callable[[StepContext], str] | None = None


Parameters = TypeVar("Parameters", bound=BaseModel)


class Kind(ABC, Generic[Parameters]):
    """Register one instance per kind with `novaops.operations.registry.register` in the app's AppConfig.ready.

    Runs inside the fleet's schema (django-tenants): models of the fleet can be read; `gather` and the
    steps talk to the live fleet.
    """

    name: ClassVar[str]  # "switchover"
    title: ClassVar[str]  # "Switch over a shard"
    description: ClassVar[str]  # one sentence: what it does and when to use it
    risk: ClassVar[Risk]
    right: ClassVar[Right]
    parameters: type[Parameters]

    @abstractmethod
    def locks(self, parameters: Parameters) -> tuple[Lock, ...]:
        """What it holds while it runs."""

    @abstractmethod
    def gather(self, parameters: Parameters) -> BaseModel:
        """The live facts that a plan rests on: asks the fleet. An unreachable server is a fact, not an exception."""

    @abstractmethod
    def plan(self, parameters: Parameters, facts: Any, now: datetime) -> Plan:
        """Pure: the same parameters, facts and time give the same plan."""

    @abstractmethod
    def steps(self) -> Mapping[str, Step]:
        """How each key of the plan's steps is carried out."""

    def inverse(self, parameters: Parameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """The kind and the parameters of the operation that takes this one back once it is done; None when nothing
        does. `plan` is the one that was carried out. What comes of it is planned and confirmed like any other."""
        return None

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """For the request form: (value, label) per parameter picked from what is stored; asks no live server."""
        return {}
