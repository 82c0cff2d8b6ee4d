"""What the command line prints, for people or as JSON, and how it ends."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

from novaops.operations.choices import Status
from novaops.operations.contract import Kind
from novaops.operations.models import Operation
from novaops.operations.zones import in_zone


class ExitCode(IntEnum):
    OK = 0
    INVALID = 2
    REFUSED = 3
    FAILED = 4
    ERRORED = 5
    CANCELLED = 6
    STALE = 7
    NOT_ENDED = 8


_CODES = {
    Status.REFUSED: ExitCode.REFUSED,
    Status.EXPIRED: ExitCode.REFUSED,
    Status.REJECTED: ExitCode.REFUSED,
    Status.FAILED: ExitCode.FAILED,
    Status.ERRORED: ExitCode.ERRORED,
    Status.CANCELLED: ExitCode.CANCELLED,
    Status.STALE: ExitCode.STALE,
}


def exit_code_of(operation: Operation) -> ExitCode:
    return _CODES.get(operation.state, ExitCode.OK)


class Output(Protocol):
    def write(self, text: str) -> Any: ...


class Console:
    def __init__(self, out: Output, as_json: bool) -> None:
        self.out, self.as_json = out, as_json

    def line(self, text: str) -> None:
        """Something that happened meanwhile; JSON output has none of these."""
        if not self.as_json:
            self.out.write(text)

    def kinds(self, kinds: Iterable[Kind[Any]]) -> None:
        rows = [_kind_row(kind) for kind in kinds]
        if self.as_json:
            self.out.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.out.write(f"{row['name']}: {row['title']} (risk {row['risk']}, right {row['right']})")
            self.out.write(f"  {row['description']}")
            self.out.write("  --set " + ", ".join(row["parameters"]))

    def operations(self, operations: Iterable[Operation]) -> None:
        rows = list(operations)
        if self.as_json:
            names = ("kind", "title", "status", "outcome", "requested_by_name", "break_glass")
            shown = [{"id": one.pk, **{name: getattr(one, name) for name in names}} for one in rows]
            self.out.write(json.dumps(shown, indent=2))
            return
        for one in rows:
            glass = " (break-glass)" if one.break_glass else ""
            self.out.write(f"{one.pk:>6}  {one.status:<10} {one.requested_by_name:<16} {one.title}{glass}")
        if not rows:
            self.out.write("No operation yet.")

    def operation(self, shown: dict[str, Any]) -> None:
        if self.as_json:
            self.out.write(json.dumps(shown, indent=2))
            return
        for line in _text(shown):
            self.out.write(line)


def _kind_row(kind: Kind[Any]) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "description": kind.description,
        "risk": str(kind.risk.value),
        "right": str(kind.right.value),
        "parameters": list(kind.parameters.model_fields),
    }


def _text(shown: dict[str, Any]) -> Iterable[str]:
    plan = shown["plan"]
    yield f"Operation {shown['id']}: {shown['title']}"
    yield f"  {shown['status']}{': ' + shown['outcome'] if shown['outcome'] else ''}"
    yield f"  requested by {shown['requested_by']}: {shown['reason']}"
    yield from _decisions(shown)
    for check in plan.get("checks", ()):
        yield f"  check {check['outcome']}: {check['name']}. {check['reason']}"
    yield f"  touches: {plan['blast']['summary']}"
    for number, step in enumerate(shown["steps"] or plan.get("steps", ()), 1):
        state = f" [{step['status']}]" if "status" in step else ""
        said = step.get("error") or step.get("outcome") or step.get("consequence") or ""
        yield f"  {number}. {step['title']}{state}{' ' + said if said else ''}"
    if shown["status"] == Status.PLANNED:
        phrase = f"--confirm {plan['confirm']!r}" if plan.get("confirm") else "--yes"
        yield f"  to run it: manage.py operation confirm {shown['id']} --fleet FLEET --by USER {phrase}"


def _decisions(shown: dict[str, Any]) -> Iterable[str]:
    """What people decided about it, and what it waits for."""
    for word in shown["approvals"]:
        yield f"  {word['decision']} by {word['person']}{': ' + word['comment'] if word['comment'] else ''}"
    if shown["waiting_for"]:
        yield f"  waits for {shown['waiting_for']}"
    if shown["due_at"]:
        yield f"  starts at {in_zone(datetime.fromisoformat(shown['due_at']), shown['time_zone'])}"
    if shown["break_glass"]:
        yield f"  break-glass, acknowledged by {shown['acknowledged_by'] or 'nobody yet'}"
    if shown["takes_back"]:
        yield f"  takes back operation {shown['takes_back']}"
