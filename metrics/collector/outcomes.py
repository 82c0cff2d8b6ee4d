"""One asking of one server by one probe, and how it ended."""

import logging
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from metrics.contract import Facts, Probe, ProbeProblem, State
from novaops.inventory.targets import Target

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed reading: whom to ask what."""

    schema: str
    reading_id: int
    target: Target
    probe: Probe

    @property
    def key(self) -> tuple[str, int]:
        return self.schema, self.reading_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """`facts` is None when there was no good answer: what was known stays. They are JSON values, without what
    a room keeps elsewhere; `typed` is all that was answered."""

    job: Job
    at: datetime
    state: State
    cause: str = ""
    facts: dict[str, Any] | None = None
    values: dict[str, float] = field(default_factory=dict)
    took_ms: float | None = None
    typed: Facts | None = None

    @property
    def sample(self) -> dict[str, float]:
        """`up` is 1 for an answer and 0 for none, so that a plot shows the time without."""
        took = {} if self.took_ms is None else {"answer_ms": round(self.took_ms, 2)}
        return {**self.values, **took, "up": 1.0 if self.facts is not None else 0.0}


def ask(job: Job) -> Outcome:
    """Never raises: whatever a probe does becomes a state with a cause."""
    at, started = datetime.now(UTC), time.monotonic()
    try:
        answer = job.probe.ask(job.target)
        facts = answer.facts.model_dump(mode="json")
    except ProbeProblem as problem:
        return Outcome(job, at, State.UNREACHABLE, str(problem))
    except Exception as defect:
        log.exception("Probe %s of %s failed", job.probe.name, job.target.name)
        return Outcome(job, at, State.UNREACHABLE, f"Its answer was not understood ({type(defect).__name__}).")
    took = (time.monotonic() - started) * 1000
    values = {name: float(value) for name, value in answer.values.items() if math.isfinite(value)}
    return Outcome(job, at, answer.state, answer.cause, facts, values, took, answer.facts)


def silent(job: Job, seconds: float) -> Outcome:
    """The server took the connection, or the question, and says nothing."""
    return Outcome(job, datetime.now(UTC), State.UNREACHABLE, f"No answer within {seconds:.0f} s.")
