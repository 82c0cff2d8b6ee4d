"""Weighted rendezvous hashing: which shard a new tenant would go to. Only a suggestion; the placement table decides."""

import hashlib
import math
from collections.abc import Mapping


def suggest(tenant_id: str, weights: Mapping[str, int]) -> str:
    """The shard's name; shards of weight 0 are never chosen. ValueError when none is left."""
    candidates = [name for name, weight in weights.items() if weight > 0]
    if not candidates:
        raise ValueError("There is no shard to choose from.")
    return max(sorted(candidates), key=lambda name: _score(tenant_id, name, weights[name]))


def _score(tenant_id: str, shard: str, weight: int) -> float:
    digest = hashlib.blake2b(f"{shard}\0{tenant_id}".encode(), digest_size=8).digest()
    point = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -weight / math.log(point)
