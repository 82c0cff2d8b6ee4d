"""Asking once and believing only what is seen: an answer that is lost, late or a 503 is not the outcome."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from novaops.operations.contract import PermanentProblem, StepContext
from shards.exceptions import Refused

LOOK_SECONDS = 0.5


def ask(question: Callable[[], str]) -> Future[str]:
    """In a thread that nobody waits for: Patroni may hold its answer back for longer than the thing itself takes."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="maintenance")
    answer = pool.submit(question)
    pool.shutdown(wait=False)
    return answer


def said(answer: Future[str] | None) -> str:
    """Patroni's own words."""
    if answer is None:
        return "Patroni had been asked before."
    if not answer.done():
        return "Patroni has not answered yet."
    problem = answer.exception()
    return str(problem) if problem else f"Patroni said: {answer.result()}"


def refused(answer: Future[str] | None) -> bool:
    return answer is not None and answer.done() and isinstance(answer.exception(), Refused)


def unanswered(answer: Future[str] | None) -> bool:
    """It ended without a yes."""
    return answer is not None and answer.done() and answer.exception() is not None


def wait_until(context: StepContext, seconds: float, missing: Callable[[], str]) -> float:
    """Until `missing` has nothing to say; how many seconds it took. PermanentProblem with what was missing else."""
    started = time.monotonic()
    while True:
        lacks, elapsed = missing(), time.monotonic() - started
        if not lacks:
            return elapsed
        if elapsed > seconds:
            raise PermanentProblem(f"After {elapsed:.0f} s: {lacks}")
        context.progress(int(elapsed), None, f"Waits: {lacks}")
        time.sleep(LOOK_SECONDS)
