"""Checkpoints that lie outside the database: a file in which each line is one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from novaops.audit.chain import Broken
from novaops.audit.statements import Line, read


class Unreadable(Exception):
    """The file cannot be read, or holds no checkpoints: a sentence."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file as long as it was when it was looked at: what is added meanwhile is not read."""

    path: Path
    size: int

    def lines(self) -> Iterator[Line]:
        """Its checkpoints, each once, in their order; Broken where two of them cannot both be true. Lines that a crash
        cut off are passed over: what stood in them was written again behind them."""
        known: dict[int, str] = {}
        newest: Line | None = None
        for line in filter(None, map(_line, self._texts())):
            said = line.statement
            if known.setdefault(said.number, said.digest) != said.digest:
                raise Broken(said.sequence, f"{self.path} holds two different checkpoints of number {said.number}.")
            if newest is None or said.number > newest.statement.number:
                _require_growth(self.path, newest, line)
                newest = line
                yield line

    def _texts(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while file.tell() < self.size and (text := file.readline()):
                yield text


def copy_of(path: Path) -> Copy:
    try:
        with path.open("rb") as file:
            return Copy(path, file.seek(0, 2))
    except OSError as error:
        raise Unreadable(f"The checkpoints in {path} cannot be read: {error.strerror}.") from error


def _require_growth(path: Path, before: Line | None, line: Line) -> None:
    if before and line.statement.sequence <= before.statement.sequence:
        raise Broken(
            line.statement.sequence,
            f"{path} holds checkpoint {before.statement.number} over {before.statement.sequence} records and, behind "
            f"it, {line.statement.number} over {line.statement.sequence}: the end was cut off in between.",
        )


def _line(text: bytes) -> Line | None:
    try:
        return read(text)
    except ValueError:
        return None
