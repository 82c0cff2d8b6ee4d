"""What the console answers, put into lines for people. Pure.

A line is a list of (text, style) parts. What comes from outside is shown without control characters: a name in it
must not be able to steer somebody's terminal."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Part = tuple[str, str]
Line = list[Part]
Shown = Mapping[str, Any]

STYLES = {
    "passed": "green", "done": "green", "ok": "green", "approved": "green", "active": "green",
    "warned": "yellow", "warning": "yellow", "stale": "yellow", "paused": "yellow", "waiting": "yellow",
    "unreachable": "red", "critical": "red", "failed": "red", "errored": "red", "refused": "red", "rejected": "red",
    "running": "cyan", "queued": "cyan", "scheduled": "cyan", "info": "cyan",
}  # fmt: skip
COUNTS = ("tenants", "rows", "keys", "bytes", "connections")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: object) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text))


def plain(text: object, style: str = "") -> Line:
    return [(clean(text), style)]


def word(state: str) -> Part:
    return clean(state), STYLES.get(state, "")


def table(rows: Sequence[Sequence[object]]) -> Iterator[Line]:
    """Columns under each other; the second column is a state and has its colour."""
    cells = [[clean(cell if cell is not None else "-") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        *padded, last = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        padded.append(last.rstrip())
        yield [(f"{cell}  ", STYLES.get(cell.strip(), "")) for cell in padded[:-1]] + [(padded[-1], "")]


def operation(shown: Shown) -> Iterator[Line]:
    """All that there is to know before it is confirmed, and how far it is."""
    yield from headline(shown)
    yield from _people(shown)
    yield from _plan(shown)
    yield from _after(shown)


def headline(shown: Shown) -> Iterator[Line]:
    state = shown["state"] if shown["status"] == "running" else shown["status"]
    number, title = f"Operation {shown['id']}  ", f"  risk {shown['risk']}  {clean(shown['title'])}"
    yield [(number, "bold"), word(state), (title, "")]
    if shown["outcome"]:
        yield plain(f"  {shown['outcome']}")


def previewed(shown: Shown) -> Iterator[Line]:
    """What a request would plan."""
    yield [word(shown["state"]), (f"  {clean(shown['headline'])}", "bold")]
    yield plain(f"  {shown['sentence']}")
    if shown["held_by"]:
        yield plain(f"  held by operation {', '.join(map(str, shown['held_by']))}")
    if shown["plan"]:
        yield from _planned(shown["plan"], ())


def _people(shown: Shown) -> Iterator[Line]:
    ticket = f" ({shown['ticket']})" if shown["ticket"] else ""
    yield plain(f"  requested by {shown['requested_by']}: {shown['reason']}{ticket}")
    if shown["confirmed_by"]:
        how = ", as break-glass" if shown["break_glass"] else ""
        yield plain(f"  confirmed by {shown['confirmed_by']}{how}")
    if shown["due_at"]:
        yield plain(f"  due {when(shown['due_at'], shown['time_zone'])}")
    for said in shown["approvals"]:
        comment = f": {said['comment']}" if said["comment"] else ""
        yield [("  ", ""), word(said["decision"]), (f" by {clean(said['person'])}{clean(comment)}", "")]
    if shown["waiting_for"]:
        yield plain(f"  waits for {shown['waiting_for']}", "yellow")
    if shown["acknowledged_by"]:
        yield plain(f"  acknowledged by {shown['acknowledged_by']}: {shown['acknowledgement']}")


def _plan(shown: Shown) -> Iterator[Line]:
    for one in shown.get("changed", ()):  # an older console does not say it
        then = f"{one['before']} when it was planned, {one['now']} now"
        yield plain(f"  changed  {one['what']}: {one['now'] if one['check'] else then}", "yellow")
    yield from _planned(shown["plan"], shown["steps"])
    yield plain(f"  fingerprint {shown['fingerprint']}")


def _planned(plan: Shown, steps: Sequence[Shown]) -> Iterator[Line]:
    """`steps` as they went, once it began."""
    for check in plan.get("checks", ()):
        yield [("  ", ""), word(check["outcome"]), (f"  {clean(check['name'])}: {clean(check['reason'])}", "")]
    yield plain(f"  touches: {_blast(plan['blast'])}")
    for number, step in enumerate(steps or plan.get("steps", ()), 1):
        yield _step(number, step)
    if plan.get("expected_seconds"):
        yield plain(f"  expected to take about {seconds(plan['expected_seconds'])}")


def _step(number: int, step: Shown) -> Line:
    said = step.get("error") or step.get("outcome") or step.get("note") or step.get("consequence") or ""
    start: Line = [(f"  {number}. {clean(step['title'])}", "")]
    if "status" in step:
        start += [("  ", ""), word(step["status"])]
    return [*start, (f"  {clean(said)}", "dim")] if said else start


def _blast(blast: Shown) -> str:
    counted = [f"{blast[name]:,} {name}" for name in COUNTS if blast.get(name) is not None]
    if blast.get("write_pause_ms") is not None:
        counted.append(f"writes pause for about {blast['write_pause_ms']:,} ms")
    return " ".join([blast["summary"], *([f"({', '.join(counted)})"] if counted else [])])


def _after(shown: Shown) -> Iterator[Line]:
    """What can be done next."""
    number = shown["id"]
    if shown["status"] == "planned":
        phrase = f" --confirm {quoted(shown['confirm'])}" if shown["confirm"] else ""
        until = f", before {when(shown['expires_at'])}" if shown["expires_at"] else ""
        yield plain(f"  to run it{until}: novaops run {number}{phrase}", "bold")
    if shown["status"] == "waiting":
        yield plain(f"  somebody else: novaops approve {number}, or reject {number} --comment WHY", "bold")
    if shown["break_glass"] and shown["ended"] and not shown["acknowledged_by"]:
        yield plain(f"  somebody else looks at it: novaops acknowledge {number} --comment WHAT", "bold")


def operations(rows: Iterable[Shown]) -> Iterator[Line]:
    lines = [(one["id"], one["status"], one["kind"], one["requested_by"], one["title"]) for one in rows]
    yield from table(lines) if lines else [plain("No operation.")]


def progress(step: Shown) -> str:
    """40 of 100 (12/s, 5 s left)."""
    if not step.get("total"):
        return str(step.get("note") or "")
    pace = [f"{step['rate']:,.0f}/s"] if (step.get("rate") or 0) >= 0.5 else []
    left = [f"{seconds(step['seconds_left'])} left"] if step.get("seconds_left") is not None else []
    return f"{step['done'] or 0:,} of {step['total']:,}" + (f" ({', '.join(pace + left)})" if pace or left else "")


def seconds(count: float) -> str:
    if count < 90:
        return f"{count:.0f} s"
    return f"{count / 60:.0f} min" if count < 5400 else f"{count / 3600:.1f} h"


def when(moment: str, zone: str = "UTC") -> str:
    """2026-11-25 03:00 Europe/Berlin."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    except (ZoneInfoNotFoundError, ValueError):
        return moment


def quoted(text: str) -> str:
    """As a shell takes it."""
    return "'" + text.replace("'", "'\\''") + "'"
