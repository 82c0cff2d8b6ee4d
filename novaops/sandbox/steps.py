"""Running the steps of a start: each as soon as what it needs is done, and each said aloud with its time."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from novaops.sandbox.problems import SandboxError


@dataclass(frozen=True)
class Step:
    """`run` may return a few words that are printed behind the name."""

    name: str
    run: Callable[[], str | None]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    step: Step
    took: float
    words: str | None = None
    error: Exception | None = None


def run_all(steps: list[Step], say: Callable[[str], None]) -> None:
    """Run the graph; raises the first failure as a SandboxError that names its step."""
    _check(steps)
    began, results = time.monotonic(), queue.Queue[Outcome]()
    waiting, done = {step.name: step for step in steps}, set[str]()
    running = 0
    while waiting or running:
        for step in [step for step in waiting.values() if done.issuperset(step.needs)]:
            del waiting[step.name]
            running += 1
            threading.Thread(target=_run, args=(step, results), daemon=True, name=step.name).start()
        outcome = results.get()
        running -= 1
        if outcome.error:
            raise _sentence(outcome) from outcome.error
        done.add(outcome.step.name)
        words = f": {outcome.words}" if outcome.words else ""
        say(f"{time.monotonic() - began:5.1f} s  {outcome.step.name}{words} (took {outcome.took:.1f} s)")


def _run(step: Step, results: "queue.Queue[Outcome]") -> None:
    began = time.monotonic()
    try:
        words = step.run()
        results.put(Outcome(step, time.monotonic() - began, words))
    except Exception as error:  # the edge of a step: whatever it was, the start says so and ends
        results.put(Outcome(step, time.monotonic() - began, error=error))


def _sentence(outcome: Outcome) -> SandboxError:
    error = outcome.error
    text = str(error) if isinstance(error, SandboxError) else f"{type(error).__name__}: {error}"
    return SandboxError(f"{outcome.step.name}: {text}")


def _check(steps: list[Step]) -> None:
    """A need that no step meets would wait for ever."""
    names = {step.name for step in steps}
    unmet = {need for step in steps for need in step.needs} - names
    if unmet:
        raise ValueError(f"no step provides {', '.join(sorted(unmet))}")
