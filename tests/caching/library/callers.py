"""Processes full of callers who all need the same value at once; what their loader does is written into a file."""

import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from caching.library.l2 import L2
from caching.library.tiers import Patience, Tiers
from tests.caching.library.login import Login

WAIT = 60.0


class Callers:
    """`threads` of them in each of `processes`, beginning together."""

    def __init__(self, login: Login, ports: list[int], patience: Patience, log: Path, seconds: float) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._how = (login, ports, patience, log, seconds)
        self.answers: Queue[list[Any]] = self._context.Queue()

    def start(self, at: tuple[str, str, str], processes: int, threads: int) -> list[SpawnProcess]:
        self._together = self._context.Barrier(processes)  # kept: a child opens it by its name
        arguments = (at, threads, self._together, self.answers, self._how)
        started = [self._context.Process(target=_call, args=arguments) for _ in range(processes)]
        for process in started:
            process.start()
        return started


def calls(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def _call(at: tuple[str, str, str], threads: int, together: Barrier, answers: "Queue[list[Any]]", how: Any) -> None:
    login, ports, patience, log, seconds = how
    tiers = Tiers(login.l1(), L2([("127.0.0.1", port) for port in ports]), patience=patience)

    def load() -> str:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(seconds)
        return "loaded"

    together.wait(WAIT)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda _: tiers.get_or_compute(*at, load), range(threads)))
    answers.put(found)
    tiers.close()
