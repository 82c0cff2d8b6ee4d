"""What runs, on disk: enough to find and stop every process again, whoever was killed meanwhile."""

import json
import signal
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from novaops.sandbox import passwords, proc
from novaops.sandbox.spec import Stage


class Phase(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Record:
    """One process as it was last seen; `wanted` is false when a person asked for it to be down."""

    name: str
    identity: proc.Identity | None
    stage: Stage
    port: int | None
    stop_signal: int
    grace: float
    data: Path | None
    log: Path
    wanted: bool = True
    paused: bool = False
    restarts: int = 0

    @property
    def pid(self) -> int | None:
        """The pid of the process itself, while it runs."""
        return self.identity.pid if self.identity and proc.alive(self.identity) else None

    def postmaster(self) -> int | None:
        """The PostgreSQL server behind this record, also when its Patroni is gone."""
        return proc.postmaster(self.data) if self.data else None

    def roots(self) -> list[int]:
        """The pids from which the whole family of this process is found."""
        return list(dict.fromkeys(pid for pid in (self.pid, self.postmaster()) if pid))


@dataclass(frozen=True)
class Snapshot:
    """The whole file."""

    phase: Phase
    supervisor: proc.Identity | None
    records: tuple[Record, ...] = ()
    message: str = ""

    def supervised(self) -> bool:
        """True while the supervisor that wrote this runs."""
        return self.supervisor is not None and proc.alive(self.supervisor)


_writing = threading.Lock()


def write(path: Path, snapshot: Snapshot) -> None:
    with _writing:
        passwords.write_private(path, json.dumps(asdict(snapshot), default=str, indent=1) + "\n")


def read(path: Path) -> Snapshot:
    """The last snapshot; an empty one where nothing was ever started."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return Snapshot(Phase.STOPPED, None)
    records = tuple(_record(entry) for entry in found["records"])
    return Snapshot(Phase(found["phase"]), _identity(found["supervisor"]), records, found["message"])


def _record(entry: dict[str, Any]) -> Record:
    known = entry | {
        "identity": _identity(entry["identity"]),
        "stage": Stage(entry["stage"]),
        "stop_signal": signal.Signals(entry["stop_signal"]),
        "data": Path(entry["data"]) if entry["data"] else None,
        "log": Path(entry["log"]),
    }
    return Record(**known)


def _identity(entry: dict[str, Any] | None) -> proc.Identity | None:
    return proc.Identity(**entry) if entry else None
