"""One thing that the soak tries, and how it went."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """`run` does it and says in sentences what was not as it should be."""

    kind: str
    group: str
    name: str
    run: Callable[[], list[str]]


@dataclass(frozen=True)
class Outcome:
    attempt: Attempt
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.problems


def made(attempt: Attempt) -> Outcome:
    """Whatever goes wrong while it is made is a problem, and the next attempt goes on."""
    began = time.monotonic()
    try:
        problems = attempt.run()
    except Exception:
        problems = [traceback.format_exc()]
    return Outcome(attempt, tuple(problems), time.monotonic() - began)
