"""The whole shard is old: said to both tiers and to the change log, when changes may have been missed."""

import hashlib
import time

from caching.library.exceptions import Unavailable
from caching.library.generations import FAMILY_SECONDS
from caching.library.tiers import Tiers
from caching.stream.problems import StreamProblem
from novaops.audit.services import Actor, record

WHO = Actor.automatic("change stream")
GIVEN_UP, BEGUN, DECLARED = "change stream given up", "change stream begun anew", "change stream declared"


def forget_shard(tiers: Tiers, shard: str, occasion: str) -> None:
    """Everything that was read from the shard is old, once for each occasion, and every process knows it on return.
    StreamProblem when L1 cannot keep that: then nothing may be streamed past it."""
    whose = f"stream:{hashlib.sha256(occasion.encode()).hexdigest()[:20]}"
    try:
        tiers.invalidate_shard(shard, whose)
    except Unavailable as problem:
        raise StreamProblem(f"The entries of {shard} could not be made old: {problem}") from problem
    time.sleep(FAMILY_SECONDS)


def note(verb: str, shard: str, outcome: str, **data: object) -> None:
    record(verb, f"shard:{shard}", actor=WHO, outcome=outcome, data=data)
