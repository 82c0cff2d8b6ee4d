"""Follows an operation until it ends: live on a terminal, in plain lines elsewhere. A console that is restarted
meanwhile, or does not answer for a while, is asked again."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rich.live import Live
from rich.spinner import Spinner

from novaops.cli.board import board
from novaops.cli.client import PAUSES, Client
from novaops.cli.exits import ExitCode, of_operation
from novaops.cli.interrupts import Waiting, until_ctrl_c
from novaops.cli.printing import Printer
from novaops.cli.problems import Unreachable
from novaops.cli.words import Shown, clean, headline, plain, progress

WAIT = 20.0
# An answer that came at once and says nothing new is no reason to ask at once again.
SOONEST = 0.5
QUIET = 5.0
Seen = Callable[[dict[str, Any]], None]


def watch(client: Client, printer: Printer, shown: dict[str, Any], limit: float) -> ExitCode:
    """From `shown` on, for at most `limit` seconds; prints how it ended. Ctrl-C ends the watch, not the operation."""
    with until_ctrl_c() as waiting:
        shown = (_on_terminal if printer.on_a_terminal else _in_lines)(Follower(client, waiting, limit), printer, shown)
    printer.show(shown, [] if printer.on_a_terminal else headline(shown))
    if shown["ended"]:
        return of_operation(shown)
    why = "No longer watching; the operation goes on." if waiting.interrupted else "It has not ended yet."
    printer.news(f"{why} Again: novaops watch {shown['id']}")
    return ExitCode.NOT_ENDED


class Follower:
    """Asks for one operation again and again, for at most `limit` seconds."""

    def __init__(self, client: Client, waiting: Waiting, limit: float) -> None:
        self.client, self.waiting = client, waiting
        self.deadline, self.failures = time.monotonic() + limit, 0

    def follow(self, shown: dict[str, Any], seen: Seen, news: Callable[[str], None]) -> None:
        """Calls `seen` with it at each change, the last time when it ended, the time is over, or Ctrl-C was pressed."""
        seen(shown)
        while not shown["ended"] and not self.waiting.interrupted and self._left > 0:
            asked_at = time.monotonic()
            now = self._next(shown, news)
            if now is None:
                continue
            if now["version"] == shown["version"] and time.monotonic() - asked_at < min(SOONEST, self._left):
                self.waiting.pause(SOONEST)
            shown = now
            seen(shown)

    def _next(self, shown: Shown, news: Callable[[str], None]) -> dict[str, Any] | None:
        """None when no answer came; the pause after that is over."""
        try:
            found = self.waiting.answer(partial(self._ask, shown, min(WAIT, self._left)))
        except Unreachable as problem:
            self.failures += 1
            if self.failures == 2:
                news(f"{problem} Trying again.")
            self.waiting.pause(min(PAUSES[min(self.failures, len(PAUSES)) - 1], self._left))
            return None
        if self.failures > 1 and found:
            news("The console answers again.")
        self.failures = 0
        return found

    def _ask(self, shown: Shown, wait: float) -> dict[str, Any]:
        query = {"after": shown["version"], "wait": f"{wait:.1f}"}
        found: dict[str, Any] = self.client.once(f"operations/{shown['id']}", query, read=wait + 15)
        return found

    @property
    def _left(self) -> float:
        return self.deadline - time.monotonic()


def _on_terminal(follower: Follower, printer: Printer, shown: dict[str, Any]) -> dict[str, Any]:
    spinner, last = Spinner("dots", style="cyan"), shown
    with Live(board(shown, spinner), console=printer.out, refresh_per_second=8) as live:

        def seen(now: dict[str, Any]) -> None:
            nonlocal last
            last = now
            live.update(board(now, spinner))

        try:
            follower.follow(shown, seen, live.console.print)
        finally:
            live.update(board(last))
    return last


def _in_lines(follower: Follower, printer: Printer, shown: dict[str, Any]) -> dict[str, Any]:
    teller, last = Teller(printer), shown

    def seen(now: dict[str, Any]) -> None:
        nonlocal last
        last = now
        teller.tell(now)

    follower.follow(shown, seen, printer.news)
    return last


class Teller:
    """Says each change of a step once, and how far a long one is every few seconds. With JSON it is silent."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.states: dict[str, str] = {}
        self.told_at = 0.0

    def tell(self, shown: Shown) -> None:
        if self.printer.as_json:
            return
        for step in shown["steps"]:
            self._step(step)
        if self._changed("operation", f"{shown['state']} {shown['waiting_for']}") and not shown["ended"]:
            waits = f": waits for {shown['waiting_for']}" if shown["waiting_for"] else ""
            self._say(f"Operation {shown['id']} is {shown['state']}{waits}.")

    def _step(self, step: Shown) -> None:
        name, status = f"{step['index'] + 1}. {step['title']}", step["status"]
        said = step["error"] or step["outcome"]
        if self._changed(name, status) and status != "pending":
            self._say(f"{name}: {status}{' - ' + said if said else ''}")
        elif status == "running" and step["total"] and time.monotonic() - self.told_at > QUIET:
            self._say(f"{name}: {progress(step)}")

    def _changed(self, name: str, state: str) -> bool:
        before, self.states[name] = self.states.get(name, "pending"), state
        return before != state

    def _say(self, sentence: str) -> None:
        self.told_at = time.monotonic()
        self.printer.lines([plain(clean(sentence))])
