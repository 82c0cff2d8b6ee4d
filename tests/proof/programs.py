"""Workers, and the clock that wakes them, as the programs that an installation starts; each in a process group of its
own, so that all of it can be killed at once. They end with the process that started them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import redis

from tests.ending import tied
from tests.proof.faults import PLAN, Fault, dumped
from tests.proof.messages import DOUBLED
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
# Apart from what the sandbox's own workers listen to.
BROKER_DATABASE = 5
# Many programs may start at once on a busy machine.
READY_SECONDS = 180.0
LAST_LINES = 20


class Program:
    def __init__(self, name: str, argv: list[str], environment: Mapping[str, str], folder: Path, ready: str) -> None:
        self.name = name
        self.log = folder / f"{name}-{uuid4().hex[:6]}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                tied([sys.executable, "-m", *argv]),
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: ready in self.log.read_text(), f"{name} to be ready", READY_SECONDS)
        except AssertionError as problem:
            self.kill()
            raise AssertionError(f"{problem}\n{self.last_words}") from None
        except BaseException:  # told to end meanwhile
            self.kill()
            raise

    @property
    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def kill(self) -> None:
        """kill -9 of all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=60)


def worker(
    environment: Mapping[str, str], folder: Path, *faults: Fault, doubled: bool = False, concurrency: int = 2
) -> Program:
    more = {PLAN: dumped(faults), DOUBLED: "1" if doubled else ""}
    argv = ["tests.proof.celery_worker", "--concurrency", str(concurrency)]
    return Program("worker", argv, {**environment, **more}, folder, " ready.")


def beat(environment: Mapping[str, str], folder: Path) -> Program:
    schedule = folder / f"schedule-{uuid4().hex[:6]}"
    argv = ["celery", "-A", "novaops", "beat", "--loglevel", "INFO", "--schedule", str(schedule), "--pidfile="]
    return Program("beat", argv, environment, folder, "beat: Starting")


def broker_address() -> str:
    """The sandbox's broker, in a database of its own."""
    return urlsplit(os.environ["NOVAOPS_BROKER_URL"])._replace(path=f"/{BROKER_DATABASE}").geturl()


def empty_queue() -> None:
    redis.Redis.from_url(broker_address()).flushdb()
