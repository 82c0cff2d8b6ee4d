"""What is said, and signed, when the oldest part of the chain is taken away. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from novaops.audit.canonical import GENESIS
from novaops.audit.signed import Signed, read_as

TYPE = "novaops pruning"


@dataclass(frozen=True, slots=True)
class Pruned(Signed):
    """The signed words: records `first` to `last` are gone, and the chain begins behind them. `head` is the hash of
    record `last`, which the first one that is left names; `root` is that of the tree up to there. `checkpoint` and its
    digest name the checkpoint that ends there, `archive` is the SHA-256 of the file that the records were written into,
    `previous` the digest of the pruning before."""

    fleet: str
    chain: str
    number: int
    first: int
    last: int
    head: str
    root: str
    checkpoint: int
    checkpoint_digest: str
    archive: str
    archive_bytes: int
    made_at: str
    key: str
    previous: str = GENESIS
    type: str = TYPE
    version: int = 1


def statement_of(body: dict[str, Any]) -> Pruned:
    """ValueError for what is no pruning of this version."""
    found = read_as(Pruned, "pruning", body)
    if not 1 <= found.first <= found.last or found.number < 1:
        raise ValueError("It is no pruning: it removes nothing.")
    if (found.type, found.version) != (TYPE, 1):
        raise ValueError(f"It is no pruning of version 1, but {found.type} of version {found.version}.")
    return found


def line_of(body: str, signature: str) -> dict[str, Any]:
    """As exports and lists have it."""
    return {"pruning": json.loads(body), "signature": signature}
