"""What the soak says: a line for each attempt, a table at the end, and everything about those that failed."""

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.proof.soak.attempt import Attempt, Outcome

WIDE = 160
LAST_LINES = 60


class Report:
    """`log` is what the workers of single turns write; each attempt finds it empty."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.log = Path(os.devnull)
        self.outcomes: list[Outcome] = []
        self.console = Console(width=WIDE, highlight=False, soft_wrap=True)

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        word = "passed" if outcome.passed else "FAILED"
        one = outcome.attempt
        self.say(f"{word} {outcome.seconds:6.1f} s  {one.kind}, {one.group}: {one.name}")
        for problem in outcome.problems:
            self.say(f"       {problem}")
        if not outcome.passed and self.log.exists():
            self.say("\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]))
        self.log.write_text("")

    def say(self, text: str) -> None:
        self.console.print(text, markup=False)

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.passed]

    def end(self) -> None:
        self.console.print(_table(self.outcomes))
        if self.failed:
            self.say(f"Failed (seed {self.seed}):")
        for outcome in self.failed:
            self.say(f"- {outcome.attempt.kind}, {outcome.attempt.group}: {outcome.attempt.name}")
        self.say(f"{len(self.outcomes) - len(self.failed)} passed, {len(self.failed)} failed")


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table("kind", "what was done")
    for title in ("tried", "passed", "failed", "seconds"):
        table.add_column(title, justify="right")
    for (kind, group), found in groupby(sorted(outcomes, key=_place), key=_place):
        several = list(found)
        passed = sum(one.passed for one in several)
        seconds = sum(one.seconds for one in several)
        table.add_row(kind, group, *map(str, (len(several), passed, len(several) - passed)), f"{seconds:.0f}")
    return table


def _place(outcome: Outcome) -> tuple[str, str]:
    attempt: Attempt = outcome.attempt
    return attempt.kind, attempt.group
