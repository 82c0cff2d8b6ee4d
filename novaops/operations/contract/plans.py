"""A plan: data that can be shown, stored, compared and executed. Frozen, and pure of clock, database and network."""

import hashlib
from enum import StrEnum
from typing import Any

import rfc8785
from pydantic import BaseModel, ConfigDict


class CheckOutcome(StrEnum):
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Frozen):
    """One pre-flight check: what was looked at, how it ended, and the sentence with its number."""

    name: str
    outcome: CheckOutcome
    reason: str
    evidence: dict[str, Any] = {}


class BlastRadius(_Frozen):
    """What the operation touches. Counts are None where they do not apply; a write pause is in milliseconds."""

    summary: str
    targets: tuple[str, ...] = ()
    tenants: int | None = None
    rows: int | None = None
    keys: int | None = None
    bytes: int | None = None
    connections: int | None = None
    write_pause_ms: int | None = None


class PlannedStep(_Frozen):
    """One step as it will be executed. `arguments` are JSON values, all that the step may rest on."""

    key: str
    title: str
    consequence: str = ""
    arguments: dict[str, Any] = {}


class Plan(_Frozen):
    """What will be done. `facts` are the live facts that it rests on, and nothing that changes without meaning
    (no lag, no clock): execution gathers them again and refuses when they differ."""

    summary: str
    checks: tuple[Check, ...] = ()
    blast: BlastRadius
    steps: tuple[PlannedStep, ...] = ()
    facts: dict[str, Any] = {}
    confirm: str = ""
    """What a person has to type before it runs, such as "shard-1 shard-1-b leader"; empty for a plain confirmation."""
    point_of_no_return: str = ""
    """The key of the step after which the operation can no longer be taken back; empty when it always can."""
    expected_seconds: float | None = None

    @property
    def refusals(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome is CheckOutcome.FAILED)

    @property
    def runnable(self) -> bool:
        return bool(self.steps) and not self.refusals

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the RFC 8785 form of the facts and the steps."""
        body: Any = {"facts": self.facts, "steps": [step.model_dump(mode="json") for step in self.steps]}
        return hashlib.sha256(rfc8785.dumps(body)).hexdigest()
