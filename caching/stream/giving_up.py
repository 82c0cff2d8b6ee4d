"""No slot holds WAL without limit: past the bound it is given up, which is said, and the shard's entries are old."""

from caching.library.tiers import Tiers
from caching.stream import slots
from caching.stream.forgetting import GIVEN_UP, forget_shard, note
from caching.stream.models import GIGABYTE, StreamSettings
from caching.stream.problems import StreamProblem
from novaops.ui.formats import human_bytes
from shards.clients.postgres import Session
from shards.decoding.slots import SlotState, give_up, state_of


def most_wal_bytes() -> int:
    """The fleet's setting."""
    found = StreamSettings.objects.values_list("most_wal_bytes", flat=True).first()
    return GIGABYTE if found is None else found


def give_up_beyond_bound(session: Session, shard: str, slot: str, tiers: Tiers) -> None:
    """Nothing while the slot holds less; else StreamProblem, when it is given up and said."""
    found = state_of(session, slot)
    limit = slots.bound(session, most_wal_bytes())
    if found is None or (found.held_bytes <= limit and not found.lost):
        return
    why = _why(found, slot, limit)
    give_up(session, slot)
    note(GIVEN_UP, shard, why, slot=slot, held_bytes=found.held_bytes, limit_bytes=limit)
    forget_shard(tiers, shard, f"given up/{slot}/{found.confirmed}/{found.held_bytes}")
    raise StreamProblem(f"{why} It begins anew.")


def _why(found: SlotState, slot: str, limit: int) -> str:
    if found.lost:
        return f"PostgreSQL has removed WAL that the slot {slot} still needed."
    return f"The slot {slot} held {human_bytes(found.held_bytes)} of WAL, more than the {human_bytes(limit)} it may."
