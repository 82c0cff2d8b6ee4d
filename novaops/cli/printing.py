"""Where lines go: to a terminal with colours, plainly to anything else, or not at all because JSON is wanted."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from novaops.cli.problems import Problem
from novaops.cli.words import Line, clean, plain


class Printer:
    """`as_json`: one JSON value on the standard output, with names that stay; news and errors on the other one."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)

    @property
    def on_a_terminal(self) -> bool:
        return self.out.is_terminal and not self.as_json

    def show(self, value: Any, lines: Iterable[Line]) -> None:
        """The value for programs, or its lines for people."""
        if self.as_json:
            print(json.dumps(value, indent=2, ensure_ascii=False))
        else:
            self.lines(lines)

    def lines(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.out.print(as_text(line))

    def news(self, sentence: str) -> None:
        """Something that happened meanwhile."""
        self.err.print(as_text(plain(sentence, "dim")))

    def problem(self, problem: Problem) -> None:
        fields = [f"{name}: {why}" for name, why in problem.fields.items() if why.rstrip(".") not in str(problem)]
        self.err.print(as_text([("novaops: ", "red"), (clean(" ".join([str(problem), *fields])), "")]))
        if self.as_json:
            error = {"detail": str(problem), "exit_code": int(problem.code), "status": problem.status}
            print(json.dumps({"error": {**error, "fields": problem.fields}}, indent=2, ensure_ascii=False))


def as_text(line: Line) -> Text:
    return Text.assemble(*line)


def may_ask() -> bool:
    """Is a person there to answer?"""
    return sys.stdin.isatty() and sys.stdout.isatty()
