"""What is taken away from the chain, in a file of its own: an export of exactly those records with its proof, which the
standalone verifier reads alone, or together with the chain that is left."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from novaops.audit import export
from novaops.audit.beginning import prunings
from novaops.audit.canonical import canonical, instant
from novaops.audit.inclusion import line_of
from novaops.audit.models import Checkpoint, Pruning, Record
from novaops.audit.pruned import line_of as pruning_line
from novaops.audit.standalone import verify_changelog

PER_QUERY = 2000


class ArchiveProblem(Exception):
    """The archive cannot be written, or is not what the verifier accepts: a sentence. Nothing was removed."""


@dataclass(frozen=True, slots=True)
class Archive:
    """`digest` is the SHA-256 of the file."""

    path: Path
    digest: str
    size: int


def write(path: Path, first: int, checkpoint: Checkpoint) -> Archive:
    """Records `first` up to the checkpoint. On disk when it returns, all of it or nothing. A file that is there is not
    written over: it is what an earlier run left, and is taken if it is good."""
    try:
        if not path.exists():
            _write(path, _blocks(first, checkpoint))
        return Archive(path, *_measured(path))
    except OSError as error:
        raise ArchiveProblem(f"{path} cannot be written: {error.strerror}.") from error


def require_good(archive: Archive, first: int, checkpoint: Checkpoint, copies: list[Path]) -> None:
    """By the standalone verifier, against the copies of checkpoints that this host can read."""
    words = [str(archive.path), "--key", checkpoint.key]
    words += ["--checkpoints", *map(str, copies)] if copies else []
    try:
        found = verify_changelog.verify(verify_changelog._arguments(words))
    except verify_changelog.Unusable as problem:
        raise ArchiveProblem(f"The archive is none: {problem}") from problem
    if not found.whole:
        raise ArchiveProblem(f"The verifier does not accept the archive {archive.path}: {found.problem}")
    if (found.first, found.last, found.covered) != (first, checkpoint.sequence, checkpoint.sequence):
        held = f"it holds records {found.first} to {found.last}, not {first} to {checkpoint.sequence}"
        raise ArchiveProblem(f"The archive {archive.path} is another one: {held}.")


def _blocks(first: int, checkpoint: Checkpoint) -> Iterator[bytes]:
    after = first - 1
    while several := _some(after, checkpoint.sequence):
        yield b"".join(map(export.line, several))
        after = several[-1].sequence
    before = prunings()
    if before:
        yield canonical({"hashes": Checkpoint.objects.get(sequence=first - 1).frontier}) + b"\n"
    yield canonical({"proof": _said(first, checkpoint, before)}) + b"\n"


def _some(after: int, last: int) -> list[Record]:
    return list(Record.objects.filter(sequence__gt=after, sequence__lte=last).order_by("sequence")[:PER_QUERY])


def _said(first: int, checkpoint: Checkpoint, before: list[Pruning]) -> dict[str, object]:
    return {
        "version": 1,
        "fleet": connection.tenant.slug,  # type: ignore[attr-defined]
        "filters": {},
        "records": checkpoint.sequence - first + 1,
        "exported_at": instant(timezone.now()),
        "checkpoint": line_of(checkpoint),
        "problem": "",
        "prunings": [pruning_line(one.body, one.signature) for one in before],
    }


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    """A file that was cut off has another name, and is begun anew."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _measured(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
