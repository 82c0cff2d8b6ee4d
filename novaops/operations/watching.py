"""Follows an operation from the command line until it ends."""

import time

from novaops.operations.console import Console
from novaops.operations.models import Operation

LOOK_EVERY = 0.5


def watch(operation: Operation, console: Console, seconds: float) -> Operation:
    """Prints each step as it changes; returns when it ended, or after so many seconds."""
    deadline, told = time.monotonic() + seconds, set[str]()
    while True:
        operation.refresh_from_db()
        for line in _news(operation):
            if line not in told:
                told.add(line)
                console.line(line)
        if operation.state.terminal or time.monotonic() > deadline:
            return operation
        time.sleep(LOOK_EVERY)


def _news(operation: Operation) -> list[str]:
    lines = []
    for step in operation.steps.exclude(status="pending"):
        counted = f" {step.done} of {step.total}" if step.total and step.status == "running" else ""
        said = step.error or step.outcome or step.note
        lines.append(f"{step.index + 1}. {step.title}: {step.status}{counted}{' - ' + said if said else ''}")
    return lines
