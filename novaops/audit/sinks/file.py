"""A file to which one line is added for each checkpoint; it should lie on another machine, or be carried away."""

import os
from dataclasses import dataclass
from pathlib import Path

from novaops.audit.sinks.contract import SinkProblem
from novaops.audit.statements import Line


@dataclass(frozen=True, slots=True)
class FileSink:
    """`folder` holds one file per fleet, readable by its owner and group."""

    folder: str

    @property
    def name(self) -> str:
        return f"file:{self.folder}"

    def path(self, fleet: str) -> Path:
        return Path(self.folder) / f"{fleet}-checkpoints.jsonl"

    def put(self, line: Line) -> None:
        path = self.path(line.statement.fleet)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            _append(path, line.text)
        except OSError as error:
            raise SinkProblem(f"{path} cannot be written: {error.strerror}.") from error


def _append(path: Path, text: bytes) -> None:
    """On disk when it returns. A line that a crash cut off is ended first, so that it spoils no other."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        whole = b"\n" + text if torn else text
        if os.write(descriptor, whole) != len(whole):
            raise OSError(0, "only a part of the line was taken")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
