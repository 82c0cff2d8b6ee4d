"""What an operation shows: its checks, its plan, its steps. Objects of the contract and stored JSON are both taken."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from novaops.ui import formats
from novaops.ui.library import component, part, register
from novaops.ui.states import look_of

_BLAST: tuple[tuple[str, str, Any], ...] = (
    ("tenants", "Tenants", formats.human_number),
    ("rows", "Rows", formats.compact),
    ("keys", "Keys", formats.compact),
    ("bytes", "Size", formats.human_bytes),
    ("connections", "Connections", formats.human_number),
    ("write_pause_ms", "Write pause", formats.milliseconds),
)


SLOWEST_SHOWN = 0.1
"""Steps a second: below it a rate says nothing, what is left does."""


def blast_pairs(blast: Any) -> list[tuple[str, str]]:
    """What a blast radius counts, as label and text; what does not apply is left out."""
    return [(label, show(part(blast, name))) for name, label, show in _BLAST if part(blast, name) is not None]


def check_rows(checks: Iterable[Any]) -> list[dict[str, Any]]:
    """Failed first, then warned, then passed."""
    order = {"failed": 0, "warned": 1, "passed": 2}
    rows = [
        {
            "outcome": str(part(check, "outcome")),
            "look": look_of(part(check, "outcome")),
            "name": part(check, "name"),
            "reason": part(check, "reason"),
            "evidence": part(check, "evidence") or {},
        }
        for check in checks
    ]
    return sorted(rows, key=lambda row: order.get(row["outcome"], 3))


def tally(rows: list[dict[str, Any]]) -> str:
    """1 failed, 2 warned, 5 passed"""
    counts = [(sum(row["outcome"] == name for row in rows), name) for name in ("failed", "warned", "passed")]
    return ", ".join(f"{count} {name}" for count, name in counts if count)


@register.simple_tag
def checks(items: Iterable[Any]) -> SafeString:
    """Pre-flight checks: outcome, name, reason; evidence folded away."""
    return component("checks", rows=check_rows(items or ()))


@register.simple_tag
def plan(plan: Any) -> SafeString:
    """A whole plan: summary, checks, blast radius, steps. An empty one says "Nothing to do"."""
    rows = check_rows(part(plan, "checks") or ())
    blast = part(plan, "blast")
    return component(
        "plan",
        summary=part(plan, "summary"),
        rows=rows,
        tally=tally(rows),
        blast=blast,
        blast_summary=part(blast, "summary", ""),
        targets=part(blast, "targets", ()),
        pairs=blast_pairs(blast),
        steps=part(plan, "steps") or (),
        no_return=part(plan, "point_of_no_return", ""),
        expected=part(plan, "expected_seconds"),
    )


def step_row(step: Any) -> dict[str, Any]:
    """A step as shown: state, times, progress, whichever of these it has."""
    state = part(step, "state") or part(step, "status")
    done, total = part(step, "done"), part(step, "total")
    started, finished = part(step, "started_at"), part(step, "finished_at")
    timed = isinstance(started, datetime) and isinstance(finished, datetime)
    return {
        "key": part(step, "key"),
        "title": part(step, "title"),
        "state": state,
        "look": look_of(state) if state else None,
        "detail": part(step, "outcome") or part(step, "note") or part(step, "consequence") or part(step, "detail"),
        "error": part(step, "error"),
        "started_at": started,
        "finished_at": finished,
        "took": finished - started if timed else None,
        "done": done,
        "total": total,
        "counted": isinstance(done, int) and isinstance(total, int) and total > 0,
        "rate": pace if (pace := part(step, "rate")) and pace >= SLOWEST_SHOWN else None,
        "seconds_left": part(step, "seconds_left"),
        "attempts": part(step, "attempts"),
    }


@register.simple_tag
def steps(items: Iterable[Any], no_return: str = "") -> SafeString:
    """Steps with state, sentence, times and progress; planned steps (without a state) are numbered.
    A line marks the point of no return, which is after the step with the key `no_return`."""
    return component("steps", rows=[step_row(step) for step in items or ()], no_return=no_return)
