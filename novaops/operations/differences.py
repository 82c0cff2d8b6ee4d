"""What changed between the plan that was confirmed and the same plan made now. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from novaops.operations.contract import Plan

SHOWN = 12


def differences(before: Plan, now: Plan) -> list[str]:
    """One sentence per fact or step that differs, and per check that fails now."""
    failing = [f"Check “{check.name}” fails now: {check.reason}" for check in now.refusals]
    if before.fingerprint == now.fingerprint:
        return failing
    facts = _changed("", before.facts, now.facts)
    steps = _changed("steps", *([step.model_dump(mode="json") for step in plan.steps] for plan in (before, now)))
    return [*failing, *facts, *steps][:SHOWN]


def _changed(path: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted({*before, *now}):
            yield from _changed(f"{path}.{key}" if path else str(key), before.get(key), now.get(key))
    elif isinstance(before, list | tuple) and isinstance(now, list | tuple) and len(before) == len(now):
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _changed(f"{path}[{index}]", old, new)
    elif before != now:
        yield f"{path}: {_short(before)} when it was planned, {_short(now)} now"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
