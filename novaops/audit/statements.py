"""What a checkpoint says, and how it is written down outside the database. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from novaops.audit.canonical import GENESIS, canonical
from novaops.audit.signed import Signed, read_as
from novaops.audit.signing import is_signed

TYPE = "novaops checkpoint"


@dataclass(frozen=True, slots=True)
class Statement(Signed):
    """The signed words. `chain` is the hash of record 1; `previous` the digest of the checkpoint before, `pruned` the
    last record that was taken away from the beginning, with leave, after its archive was sealed; 0 when none was."""

    fleet: str
    chain: str
    number: int
    sequence: int
    head: str
    root: str
    recorded_at: str
    made_at: str
    key: str
    previous: str = GENESIS
    pruned: int = 0
    type: str = TYPE
    version: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A checkpoint as files and webhooks have it. `before` and `added` prove that it only adds to the checkpoint before
    it: the subtrees of that one, and those that came."""

    statement: Statement
    signature: str
    before: Sequence[str] = ()
    added: Sequence[str] = ()
    introduction: dict[str, Any] | None = field(default=None, hash=False)

    @property
    def signed(self) -> bool:
        return is_signed(self.statement.text, self.signature, self.statement.key)

    @property
    def content(self) -> dict[str, Any]:
        return {
            "checkpoint": asdict(self.statement),
            "signature": self.signature,
            "consistency": {"before": list(self.before), "added": list(self.added)},
            **({"introduction": self.introduction} if self.introduction else {}),
        }

    @property
    def text(self) -> bytes:
        return canonical(self.content) + b"\n"

    @property
    def short(self) -> bytes:
        """Without the proof, for messages whose length is bounded; the signature is all that it needs."""
        return canonical({"checkpoint": asdict(self.statement), "signature": self.signature})


def statement_of(body: dict[str, Any]) -> Statement:
    """ValueError for what is no checkpoint of this version."""
    found = read_as(Statement, "checkpoint", body)
    if found.number < 1 or found.sequence < 1:
        raise ValueError("It is no checkpoint: it covers nothing.")
    if (found.type, found.version) != (TYPE, 1):
        raise ValueError(f"It is no checkpoint of version 1, but {found.type} of version {found.version}.")
    return found


def read(line: bytes) -> Line:
    """The same back from a line. ValueError for anything else, such as one that a crash cut off."""
    content = json.loads(line)
    if not isinstance(content, dict) or not isinstance(content.get("checkpoint"), dict):
        raise ValueError("It is no checkpoint.")
    proof = content.get("consistency") or {}
    statement, signature = statement_of(content["checkpoint"]), str(content.get("signature"))
    return Line(statement, signature, proof.get("before", ()), proof.get("added", ()), content.get("introduction"))
