"""Waiting for a condition, with a generous limit and a sentence when it never comes."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], what: str, seconds: float = 60, every: float = 0.2) -> Value:
    """The condition's first truthy value; AssertionError names what was waited for and the last error met."""
    deadline = time.monotonic() + seconds
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            value = condition()
        except Exception as error:  # the condition may fail while a server starts; the last failure is shown
            problem = error
        else:
            problem = None
            if value:
                return value
        time.sleep(every)
    raise AssertionError(
        f"Waited {seconds:.0f} s in vain for {what}" + (f"; last error: {problem!r}" if problem else ".")
    )
