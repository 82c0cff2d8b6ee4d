"""Which right somebody used with what the change log says that they did: the access review asks."""

from novaops.fleets.rights import Right
from novaops.operations import registry

ASKED_FOR = frozenset({
    "operation requested", "operation confirmed", "operation cancelled", "pause requested", "resumption requested",
    "cancellation requested", "operation turned", "schedule made", "schedule paused", "schedule resumed",
    "schedule ended",
})  # fmt: skip
SAID = frozenset({"operation approved", "operation rejected", "operation acknowledged"})


def right_used(verb: str, kind: str) -> Right | None:
    """`kind` is the name of a kind of operation; one that this version does not know needs no right that it knows."""
    if verb in SAID:
        return Right.APPROVE
    if verb not in ASKED_FOR:
        return None
    return next((known.right for known in registry.kinds() if known.name == kind), None)
