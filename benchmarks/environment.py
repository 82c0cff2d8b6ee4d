"""Where a benchmark runs: figures mean nothing without it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

FLEET = "alpha"
"""The slug of the fleet that benchmarks write into; it is empty at the start."""


@dataclass(frozen=True, slots=True)
class Environment:
    """`state` is the running sandbox's folder. Processes that a benchmark starts find the control database of this run
    in the environment variable NOVAOPS_DATABASE_URL."""

    state: Path
    cpu: str
    cores: int
    load: float
    memory_gb: float
    python: str
    postgresql: str

    @property
    def facts(self) -> dict[str, object]:
        return {
            "cpu": self.cpu,
            "cores": self.cores,
            "load_before": self.load,
            "memory_gb": self.memory_gb,
            "python": self.python,
            "postgresql": self.postgresql,
        }

    @property
    def sentence(self) -> str:
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gb} GB, load {self.load} before the start; "
            f"Python {self.python}, PostgreSQL {self.postgresql}."
        )


def look(state: Path) -> Environment:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgresql] = cursor.fetchone()
    return Environment(
        state=state,
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        load=round(os.getloadavg()[0], 2),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        python=platform.python_version(),
        postgresql=postgresql.split()[0],
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
