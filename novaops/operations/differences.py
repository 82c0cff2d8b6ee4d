"""What changed between the plan that was confirmed and the same plan made now. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from novaops.operations.contract import Plan

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact or a part of a step by its path, or a check that fails now; each value as a person reads it."""

    what: str
    before: str
    now: str
    check: bool = False

    @property
    def sentence(self) -> str:
        if self.check:
            return f"{self.what} fails now: {self.now}"
        return f"{self.what}: {self.before} when it was planned, {self.now} now"


def differences(before: Plan, now: Plan) -> list[Difference]:
    """One per fact or step that differs, and per check that fails now."""
    failing = list(_failing(before, now))
    if before.fingerprint == now.fingerprint:
        return failing
    facts = _changed("", before.facts, now.facts)
    steps = _changed("steps", *([step.model_dump(mode="json") for step in plan.steps] for plan in (before, now)))
    return [*failing, *facts, *steps][:SHOWN]


def _failing(before: Plan, now: Plan) -> Iterator[Difference]:
    known = {check.name: f"{check.outcome.value}: {check.reason}" for check in before.checks}
    for check in now.refusals:
        yield Difference(f"Check “{check.name}”", known.get(check.name, "not asked"), check.reason, check=True)


def _changed(path: str, before: Any, now: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted({*before, *now}):
            yield from _changed(f"{path}.{key}" if path else str(key), before.get(key), now.get(key))
    elif isinstance(before, list | tuple) and isinstance(now, list | tuple) and len(before) == len(now):
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _changed(f"{path}[{index}]", old, new)
    elif before != now:
        yield Difference(path, _short(before), _short(now))


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
