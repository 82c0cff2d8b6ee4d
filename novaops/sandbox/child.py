"""One supervised process: starting it, its log, and what is known of it."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from novaops.sandbox import proc
from novaops.sandbox.account import Account
from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Record
from novaops.sandbox.spec import Spec

YOUNG = 30.0
LONGEST_DELAY = 60.0
COMPLAINT = re.compile(r"fatal|panic|error|failed|cannot|denied", re.IGNORECASE)
COLLECT_SECONDS = 30.0
LOG_LIMIT = 8 * 1024 * 1024
LOG_KEPT = 1024 * 1024


@dataclass
class Child:
    """The supervisor's mutable memory of one process."""

    spec: Spec
    log: Path
    process: subprocess.Popen[bytes] | None = None
    identity: proc.Identity | None = None
    wanted: bool = True
    paused: bool = False
    restarts: int = 0
    restart_at: float | None = None
    began: float = 0.0
    delay: float = 0.0

    def spawn(self, layout: Layout, account: Account) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches only the supervisor."""
        prefix = account.prefix if self.spec.as_server else ()
        environment = dict(os.environ) | self.spec.env | {proc.MARKER: str(layout.state)}
        environment.pop("NOTIFY_SOCKET", None)
        with self.log.open("ab") as log:
            try:
                self.process = subprocess.Popen(
                    (*prefix, *self.spec.argv),
                    cwd=self.spec.cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"{self.spec.name} could not be started: {error}.") from error
        self.identity = proc.identity(self.process.pid)
        self.began, self.restart_at, self.paused = time.monotonic(), None, False

    def ended(self) -> int | None:
        """The exit status once the process has ended; None while it runs or when none was started."""
        return self.process.poll() if self.process else None

    def collect(self) -> None:
        """Waits for a process that was stopped. It counts as a zombie while one of its threads still ends, and has no
        status until then: who starts it again at once would take it for running."""
        if self.process:
            try:
                self.process.wait(COLLECT_SECONDS)
            except subprocess.TimeoutExpired:
                raise SandboxError(f"{self.spec.name} has not ended {COLLECT_SECONDS:g} s after SIGKILL.") from None

    def schedule_restart(self) -> None:
        """After the spec's delay; a patient one waits twice as long each time it dies young."""
        young = time.monotonic() - self.began < YOUNG
        doubled = self.delay * 2 if young and self.spec.patient else 0.0
        self.delay = min(max(doubled, self.spec.restart_after), LONGEST_DELAY)
        self.restart_at = time.monotonic() + self.delay

    def record(self) -> Record:
        return Record(
            name=self.spec.name,
            identity=self.identity,
            stage=self.spec.stage,
            port=self.spec.port,
            stop_signal=self.spec.stop_signal,
            grace=self.spec.grace,
            data=self.spec.data,
            log=self.log,
            wanted=self.wanted,
            paused=self.paused,
            restarts=self.restarts,
        )

    def trim_log(self) -> None:
        """Keep the log small: its end moves to NAME.log.1 and the file begins anew (it is open for appending)."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            with self.log.open("rb+") as log:
                log.seek(-LOG_KEPT, os.SEEK_END)
                self.log.with_name(self.log.name + ".1").write_bytes(log.read())
                log.truncate(0)

    def last_words(self) -> str:
        """The last complaint in its log, else its last line: why it did not start."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        complaints = [line for line in lines[-20:] if COMPLAINT.search(line)]
        return (complaints or lines or ["its log is empty"])[-1][:300]
