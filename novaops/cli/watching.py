"""Follows an operation until it ends: live on a terminal, in plain lines elsewhere. A console that is restarted
meanwhile, or does not answer for a while, is asked again."""

import time
from collections.abc import Callable
from typing import Any

from rich.live import Live
from rich.spinner import Spinner

from novaops.cli.board import board
from novaops.cli.client import PAUSES, Client
from novaops.cli.exits import ExitCode, of_operation
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
    try:
        shown = (_on_terminal if printer.on_a_terminal else _in_lines)(client, printer, shown, limit)
    except KeyboardInterrupt:
        printer.news(f"No longer watching; the operation goes on. Again: novaops watch {shown['id']}")
        return ExitCode.NOT_ENDED
    printer.show(shown, [] if printer.on_a_terminal else headline(shown))
    if not shown["ended"]:
        printer.news(f"It has not ended yet. Again: novaops watch {shown['id']}")
        return ExitCode.NOT_ENDED
    return of_operation(shown)


def follow(client: Client, shown: dict[str, Any], limit: float, seen: Seen, news: Callable[[str], None]) -> None:
    """Calls `seen` with the operation at each change, the last time when it ended or the time is over."""
    deadline, failures = time.monotonic() + limit, 0
    seen(shown)
    while not shown["ended"] and (left := deadline - time.monotonic()) > 0:
        asked_at = time.monotonic()
        try:
            now = _next(client, shown, min(WAIT, left))
        except Unreachable as problem:
            failures += 1
            if failures == 2:
                news(f"{problem} Trying again.")
            time.sleep(min(PAUSES[min(failures, len(PAUSES)) - 1], max(left, 0)))
            continue
        if failures > 1:
            news("The console answers again.")
        failures = 0
        if now["version"] == shown["version"] and time.monotonic() - asked_at < min(SOONEST, left):
            time.sleep(SOONEST)
        shown = now
        seen(shown)


def _next(client: Client, shown: Shown, wait: float) -> dict[str, Any]:
    query = {"after": shown["version"], "wait": f"{wait:.1f}"}
    found: dict[str, Any] = client.once(f"operations/{shown['id']}", query, read=wait + 15)
    return found


def _on_terminal(client: Client, printer: Printer, shown: dict[str, Any], limit: float) -> dict[str, Any]:
    spinner, last = Spinner("dots", style="cyan"), shown
    with Live(board(shown, spinner), console=printer.out, refresh_per_second=8) as live:

        def seen(now: dict[str, Any]) -> None:
            nonlocal last
            last = now
            live.update(board(now, spinner))

        try:
            follow(client, shown, limit, seen, live.console.print)
        finally:
            live.update(board(last))
    return last


def _in_lines(client: Client, printer: Printer, shown: dict[str, Any], limit: float) -> dict[str, Any]:
    teller, last = Teller(printer), shown

    def seen(now: dict[str, Any]) -> None:
        nonlocal last
        last = now
        teller.tell(now)

    follow(client, shown, limit, seen, printer.news)
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
