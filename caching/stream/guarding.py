"""The slots' guard: looks at each shard's slot from outside, so that none holds WAL without limit while its reader is
away or cannot publish. Inside a fleet; may run anywhere, twice, or after a pause."""

import logging

from caching.console_tiers import tiers_of
from caching.library.tiers import Tiers
from caching.stream.giving_up import give_up_beyond_bound
from caching.stream.leader import leader_of
from caching.stream.models import StreamSlot
from caching.stream.names import slot_of
from caching.stream.problems import StreamProblem, told_by
from caching.stream.rollups import forget_old
from novaops.fleets.models import Fleet
from shards.clients.postgres import sessions

logger = logging.getLogger(__name__)
SECONDS = 20.0


def guard(fleet: Fleet) -> None:
    """Each shard whose stream has begun."""
    names = list(StreamSlot.objects.values_list("shard", flat=True))
    if not names:
        return
    forget_old()
    tiers = tiers_of(fleet)
    try:
        for shard in names:
            _guard(shard, slot_of(fleet.slug), tiers)
    finally:
        tiers.close()


def _guard(shard: str, slot: str, tiers: Tiers) -> None:
    try:
        server = leader_of(shard).postgres
        with told_by(server.name), sessions.open(server, SECONDS) as session:
            give_up_beyond_bound(session, shard, slot, tiers)
    except StreamProblem as problem:
        logger.warning("The slot of %s: %s", shard, problem)
