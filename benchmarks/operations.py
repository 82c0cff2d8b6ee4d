"""What a step costs that does nothing, beside a bare Celery task, through one real worker and the real broker.

A step: an operation of a hundred of them, from its start to its end as the control database has it, divided by their
number. Each is two transactions that hold the lease, write two records of the change log and are on disk when the step
goes on. A bare task: sent, carried out by the same worker process, its answer read from the broker; one at a time."""

import os
import statistics
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from django_tenants.utils import tenant_context

from benchmarks import empty_steps
from benchmarks.environment import FLEET, Environment
from benchmarks.worker import ANSWERS, TASK, answers
from novaops.celery import app
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests.proof import programs
from tests.waiting import wait_for

STEPS, ROUNDS, TASKS = 100, 7, 200
ANSWER_SECONDS = 10


def main(environment: Environment) -> dict[str, object]:
    os.environ["NOVAOPS_BROKER_URL"] = programs.broker_address()
    app.conf.update(broker_write_url=programs.broker_address())
    programs.empty_queue()
    empty_steps.register()
    fleet = Fleet.objects.get(slug=FLEET)
    with TemporaryDirectory(prefix="novaops-bench-") as folder:
        worker = programs.Program("worker", ["benchmarks.worker"], {}, Path(folder), " ready.")
        try:
            with tenant_context(fleet):
                return _measured(_operator(fleet))
        finally:
            worker.kill()


def _measured(person: Person) -> dict[str, object]:
    """Rounds alternate, so that what else the machine does meets both alike; the first of each is left out."""
    operations, tasks, in_a_row = [], list[float](), list[float]()
    for number in range(ROUNDS + 1):
        operation, round_trips, each = _operation(person), _one_by_one(), _all_at_once()
        if number:
            operations.append(operation)
            tasks += round_trips
            in_a_row.append(each)
    steps = [milliseconds for operation in operations for milliseconds in _steps(operation)]
    whole = [_whole(operation) / STEPS for operation in operations]
    figures = {
        "step_overhead_ms": statistics.median(whole),
        "step_p50_ms": statistics.median(steps),
        "step_p95_ms": _p95(steps),
        "celery_task_ms": statistics.median(tasks),
        "celery_task_p95_ms": _p95(tasks),
        "celery_task_in_a_row_ms": statistics.median(in_a_row),
    }
    rounded = {name: round(figure, 2) for name, figure in figures.items()}
    for name, figure in rounded.items():
        print(f"{name:<24} {figure:8.2f}")
    return {**rounded, "steps": len(steps), "tasks": len(tasks)}


def _operation(person: Person) -> Operation:
    operation = services.request(empty_steps.EmptySteps.name, {"steps": STEPS}, person, "To measure it.")
    services.confirm(operation, person)

    def over() -> bool:
        operation.refresh_from_db()
        return operation.state.terminal

    wait_for(over, "the operation to end")
    if operation.status != Status.DONE:
        raise RuntimeError(operation.outcome)
    return operation


def _whole(operation: Operation) -> float:
    assert operation.started_at and operation.ended_at
    return (operation.ended_at - operation.started_at).total_seconds() * 1000


def _steps(operation: Operation) -> list[float]:
    """From the end of one step to the end of the next."""
    ends = [end for end in operation.steps.values_list("finished_at", flat=True) if end]
    return [(after - before).total_seconds() * 1000 for before, after in pairwise(ends)]


def _one_by_one() -> list[float]:
    found = []
    for number in range(TASKS):
        began = time.perf_counter()
        app.send_task(TASK, args=[number])
        _answer()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _all_at_once() -> float:
    """Milliseconds from each answer to the next, when the worker always finds the next message."""
    for number in range(TASKS):
        app.send_task(TASK, args=[number])
    _answer()
    began = time.perf_counter()
    for _ in range(TASKS - 1):
        _answer()
    return (time.perf_counter() - began) * 1000 / (TASKS - 1)


def _answer() -> None:
    if answers().blpop([ANSWERS], timeout=ANSWER_SECONDS) is None:
        raise RuntimeError("The worker did not answer.")


def _p95(figures: Sequence[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]


def _operator(fleet: Fleet) -> Person:
    person = Person.objects.create_user("benchmark")
    Membership.objects.create(person=person, fleet=fleet, role=Role.OPERATOR)
    return person
