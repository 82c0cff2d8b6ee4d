"""Waiting for a condition, with a deadline and the last reason in the sentence."""

import time
from collections.abc import Callable

from novaops.sandbox.problems import SandboxError

PAUSE = 0.15


def until(check: Callable[[], str | None], seconds: float, what: str) -> None:
    """Ask until the answer is None; after the deadline raise with the last reason."""
    deadline = time.monotonic() + seconds
    while (reason := check()) is not None:
        if time.monotonic() > deadline:
            raise SandboxError(f"Waited {seconds:.0f} s for {what}, in vain: {reason}.")
        time.sleep(PAUSE)
