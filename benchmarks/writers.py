"""Several processes that do the same thing as often as they can for some seconds."""

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

import django

Work = Callable[[], object]
WAIT = 60.0


def per_second(make: Callable[[], Work], processes: int, seconds: float) -> float:
    """How often a second `processes` of them do, together, the work that `make()` prepares in each.

    `make` is a function of a module: each process imports it anew, as a worker of its own would.
    """
    context = multiprocessing.get_context("spawn")
    together, counts = context.Barrier(processes), context.Queue()
    module, name = make.__module__, make.__name__
    arguments = (module, name, together, counts, seconds)
    running = [context.Process(target=_write, args=arguments) for _ in range(processes)]
    for process in running:
        process.start()
    rates: list[float] = [counts.get(timeout=WAIT + seconds) for _ in running]
    for process in running:
        process.join()
    return sum(rates)


def _write(module: str, name: str, together: Barrier, counts: "multiprocessing.Queue[float]", seconds: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "novaops.settings")
    django.setup()
    work: Work = getattr(__import__(module, fromlist=[name]), name)()
    work()
    together.wait(WAIT)
    counts.put(_rate(work, seconds))


def _rate(work: Work, seconds: float) -> float:
    began, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        work()
        count += 1
    return count / passed
