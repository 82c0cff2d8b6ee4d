"""Turns of workers at operations of the kinds in memory, in this very process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from types import SimpleNamespace

from django.db.models.functions import Now

from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.leases import Lease
from novaops.operations.models import Operation
from novaops.operations.problems import Refused
from novaops.operations.runner import execute
from tests.proof.world import Killed, Moment, Twist, World


@dataclass
class Drive:
    """`operator` is who cancels and pauses in the middle of a step."""

    operator: Person
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.world.acts = {
            Twist.CANCEL: self._cancel,
            Twist.PAUSE: self._pause,
            Twist.RESUME: self._resume,
            Twist.RIVAL: _rival,
            Twist.REPLACED: _replaced,
        }

    def turn(self, number: int, twists: Mapping[Moment, Twist] | None = None) -> None:
        self.world.twists = dict(twists or {})
        with suppress(Killed):
            execute(number, "first worker")

    def _cancel(self, number: int) -> None:
        with suppress(Refused):
            services.cancel(Operation.objects.get(pk=number), self.operator)

    def _pause(self, number: int) -> None:
        with suppress(Refused):
            services.pause(Operation.objects.get(pk=number), self.operator)

    def _resume(self, number: int) -> None:
        with suppress(Refused):
            services.resume(Operation.objects.get(pk=number), self.operator)


def let_lease_run_out(number: int) -> None:
    running = Operation.objects.filter(pk=number, status=Status.RUNNING)
    running.update(lease_until=Now() - timedelta(seconds=1))


@contextmanager
def without_a_heart(lease: Lease) -> Iterator[SimpleNamespace]:
    """In place of `beating`: the heart has a connection of its own, which cannot see what a test has not committed."""
    yield SimpleNamespace(lost=Event())


def _rival(number: int) -> None:
    turns = Operation.objects.get(pk=number).turns
    execute(number, "second worker")
    assert Operation.objects.get(pk=number).turns == turns, "a second worker took an operation that is held"


def _replaced(number: int) -> None:
    """The second one may die too, and the first goes on as if it still had the operation."""
    let_lease_run_out(number)
    with suppress(Killed):
        execute(number, "second worker")
