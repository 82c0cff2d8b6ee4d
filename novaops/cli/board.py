"""An operation on the way, as a terminal shows it: a line per step, with a bar where it can be counted. Pure."""

from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from novaops.cli.printing import as_text
from novaops.cli.words import STYLES, Shown, clean, headline, progress

MARKS = {"done": "✓", "failed": "✗", "errored": "✗", "cancelled": "-", "skipped": "-", "undone": "↶", "undoing": "↶"}
BAR = 30


def board(shown: Shown, spinner: Spinner | None = None) -> Group:
    """`spinner` stands beside the step that runs; without one it is the last picture."""
    parts: list[RenderableType] = [as_text(line) for line in headline(shown)]
    if shown["waiting_for"] and not shown["ended"]:
        parts.append(Text(f"  waits for {clean(shown['waiting_for'])}", "yellow"))
    grid = Table.grid(padding=(0, 1))
    for step in shown["steps"]:
        grid.add_row("", _mark(step, spinner), Text(clean(step["title"])), *_how_far(step))
    return Group(*parts, grid) if shown["steps"] else Group(*parts)


def _mark(step: Shown, spinner: Spinner | None) -> RenderableType:
    status = step["status"]
    if spinner and status in ("running", "undoing"):
        return spinner
    return Text(MARKS.get(status, "·"), STYLES.get(status, "dim"))


def _how_far(step: Shown) -> tuple[Any, Text]:
    said = step["error"] or step["outcome"]
    if step["status"] not in ("running", "undoing"):
        return Text(""), Text(clean(said or ""), "red" if step["error"] else "dim")
    bar = ProgressBar(step["total"], step["done"] or 0, width=BAR) if step["total"] else Text("")
    return bar, Text(clean(progress(step)), "cyan")
