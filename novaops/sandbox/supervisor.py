"""The one process that starts all others and starts them again when they die."""

import os
import signal
import threading
import time
from collections.abc import Callable

from novaops.sandbox import proc, records, stopping, wait
from novaops.sandbox.account import Account
from novaops.sandbox.child import Child
from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Phase, Snapshot
from novaops.sandbox.spec import Spec

TICK = 0.25
TRIM_EVERY = 60.0


class Supervisor:
    """Thread-safe: steps start children, the control socket stops them, the main thread revives them."""

    def __init__(self, layout: Layout, account: Account) -> None:
        self.layout, self.account = layout, account
        self.children: dict[str, Child] = {}
        self.phase, self.message = Phase.STARTING, ""
        self.ending = threading.Event()
        self._me = proc.identity(os.getpid())
        self._lock = threading.RLock()
        self._trimmed = time.monotonic()

    # What steps do
    def launch(self, spec: Spec) -> None:
        """Start a process and wait until it answers."""
        self.begin(spec)
        self.await_ready(spec.name)

    def begin(self, spec: Spec) -> None:
        """Start a process without waiting."""
        with self._lock:
            if self.ending.is_set():
                raise SandboxError(f"{spec.name} was not started, because the sandbox is stopping.")
            child = self.children[spec.name] = Child(spec, self.layout.log(spec.name))
            child.spawn(self.layout, self.account)
            self.save()

    def await_ready(self, name: str) -> None:
        child = self.children[name]

        def reason() -> str | None:
            if (status := child.ended()) is not None and child.restarts == 0:
                raise SandboxError(f"{name} ended with status {status} while it started: {child.last_words()}")
            return child.spec.ready()

        wait.until(reason, child.spec.ready_within, name)

    # What the control socket asks for
    def stop(self, name: str) -> None:
        """Gracefully; it stays down until `start`."""
        with self._lock:
            child = self._child(name)
            child.wanted, child.restart_at = False, None
            record = child.record()
        stopping.stop([record])
        child.collect()
        self.save()

    def start(self, name: str) -> None:
        """Start what was stopped (or is waiting to be restarted) and wait until it answers."""
        with self._lock:
            child = self._child(name)
            child.wanted = True
            if child.process is None or child.ended() is not None:
                child.spawn(self.layout, self.account)
            self.save()
        self.await_ready(name)

    def kill(self, name: str, number: signal.Signals, tree: bool) -> None:
        """A signal to the process, or to its whole family with its PostgreSQL server; it is restarted as if it died."""
        record = self._child(name).record()
        pids = stopping.hold(record) if tree else set(record.roots()[:1])
        if not pids:
            raise SandboxError(f"{name} is not running.")
        for pid in pids:
            stopping.send(pid, number)
            if tree and number != signal.SIGSTOP:
                stopping.send(pid, signal.SIGCONT)

    def pause(self, name: str, tree: bool) -> None:
        """SIGSTOP: it holds its ports and answers nothing."""
        self.kill(name, signal.SIGSTOP, tree)
        self._mark_paused(name, True)

    def resume(self, name: str) -> None:
        """Let it go on; nothing happens where nothing was paused."""
        stopping.resume(self._child(name).record())
        self._mark_paused(name, False)

    # What the main thread does
    def run(self) -> None:
        """Revive what dies until `ending` is set."""
        while not self.ending.wait(TICK):
            with self._lock:
                changed = [child for child in self.children.values() if self._look_after(child)]
            if changed:
                self.save()
            self._trim_logs()

    def shut_down(self, say: Callable[[str], None]) -> list[str]:
        """Stop everything in order; returns what is left, which should be nothing."""
        self.ending.set()
        with self._lock:
            for child in self.children.values():
                child.wanted, child.restart_at = False, None
            self.enter(Phase.STOPPING, self.message)
            everything = [child.record() for child in self.children.values()]
        left = stopping.stop_all(everything, self.layout.state, say)
        for child in self.children.values():
            child.ended()  # collects its exit status, so that no zombie is left
        return left

    def enter(self, phase: Phase, message: str = "") -> None:
        self.phase, self.message = phase, message
        self.save()

    def save(self) -> None:
        with self._lock:
            known = tuple(child.record() for child in self.children.values())
            records.write(self.layout.records, Snapshot(self.phase, self._me, known, self.message))

    def _look_after(self, child: Child) -> bool:
        """One look at one child; True when something changed."""
        if not child.wanted or child.ended() is None:
            return False
        if child.restart_at is None:
            child.schedule_restart()
            return True
        if time.monotonic() < child.restart_at:
            return False
        child.restarts += 1
        child.spawn(self.layout, self.account)
        return True

    def _child(self, name: str) -> Child:
        if name not in self.children:
            raise SandboxError(f"There is no process named {name}; there are: {', '.join(sorted(self.children))}.")
        return self.children[name]

    def _mark_paused(self, name: str, paused: bool) -> None:
        with self._lock:
            self._child(name).paused = paused
        self.save()

    def _trim_logs(self) -> None:
        if time.monotonic() - self._trimmed > TRIM_EVERY:
            self._trimmed = time.monotonic()
            for child in self.children.values():
                child.trim_log()
