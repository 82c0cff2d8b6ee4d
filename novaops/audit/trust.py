"""Whose signature counts: keys that are known, and keys that those introduced. Pure."""

from collections.abc import Iterable

from novaops.audit.signing import introduced
from novaops.audit.statements import Line


class Trust:
    """Hears checkpoints in their order. A known key vouches for what it signed, and for all before it, because each
    checkpoint names the digest of its predecessor."""

    def __init__(self, known: Iterable[str]) -> None:
        self.known = set(known)
        self.stranger: Line | None = None
        """The first checkpoint that no known key vouches for."""

    def hear(self, line: Line) -> None:
        said = introduced(line.introduction)
        if said and said[0] in self.known:
            self.known.add(said[1])
        if line.statement.key in self.known:
            self.stranger = None
        elif self.known and self.stranger is None:
            self.stranger = line
