"""What the supervisor has to know about one process."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Stage(StrEnum):
    """The order of stopping: people's side first, what all others stand on last."""

    CONSOLE = "console"
    EDGE = "edge"
    SHARD = "shard"
    GROUND = "ground"


STOP_ORDER = (Stage.CONSOLE, Stage.EDGE, Stage.SHARD, Stage.GROUND)


@dataclass(frozen=True)
class Spec:
    """One process: how to start it, see that it answers, restart and stop it.

    `prepare` writes configuration (and may be called again at every start); `ready` returns None when the server
    answers, else a short reason. `data` is a PostgreSQL data folder whose server may outlive its Patroni.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    stage: Stage
    ready: Callable[[], str | None]
    port: int | None = None
    env: dict[str, str] = field(default_factory=dict)
    as_server: bool = True
    restart_after: float = 10.0
    patient: bool = False  # restart_after doubles (up to a minute) while it keeps dying young
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    data: Path | None = None
    ready_within: float = 45.0
