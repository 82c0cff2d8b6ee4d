"""A bounded number of threads that ask. They are daemons: a silent server does not hold up the end of the process."""

import queue
import threading
import time
from dataclasses import dataclass

from metrics.collector.outcomes import Job, Outcome, ask, silent

# A client's own timeout gets this much longer before the collector stops waiting for it.
GRACE_SECONDS = 0.5


@dataclass(slots=True)
class Running:
    job: Job
    started: float
    given_up: bool = False

    def overdue(self, now: float) -> bool:
        return not self.given_up and now - self.started > self.job.probe.timeout + GRACE_SECONDS


class Workers:
    """Jobs in, outcomes out. Used by one thread; `size` jobs run at most, one of each reading."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._running: dict[tuple[str, int], Running] = {}
        self._threads = 0

    @property
    def free(self) -> int:
        return self._size - len(self._running)

    @property
    def busy(self) -> bool:
        """Somebody is being asked and has not been given up."""
        return any(not running.given_up for running in self._running.values())

    def submit(self, job: Job) -> Outcome | None:
        """Starts the job; an outcome at once when the reading's last question still hangs."""
        stuck = self._running.get(job.key)
        if stuck:  # whoever has not been given up may still answer
            return silent(job, time.monotonic() - stuck.started) if stuck.given_up else None
        self._running[job.key] = Running(job, time.monotonic())
        self._jobs.put(job)
        if self._threads < len(self._running):
            self._threads += 1
            threading.Thread(target=self._work, name=f"probe-{self._threads}", daemon=True).start()
        return None

    def collect(self, wait: float) -> list[Outcome]:
        """What ended, after waiting at most `wait` seconds for the first; and what took too long."""
        found: list[Outcome] = []
        try:
            found.append(self._answers.get(timeout=wait))
            while True:
                found.append(self._answers.get_nowait())
        except queue.Empty:
            pass
        # An answer that comes after it was given up is dropped: the next asking tells.
        ended = [(outcome, self._running.pop(outcome.job.key)) for outcome in found]
        return [outcome for outcome, running in ended if not running.given_up] + self._overdue()

    def _overdue(self) -> list[Outcome]:
        late = [running for running in self._running.values() if running.overdue(time.monotonic())]
        for running in late:
            running.given_up = True
        return [silent(running.job, running.job.probe.timeout) for running in late]

    def _work(self) -> None:
        while True:
            self._answers.put(ask(self._jobs.get()))
