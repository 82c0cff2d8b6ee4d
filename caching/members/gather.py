"""Asking every Memcached what it holds, and L1 whether it can pass on who is left out."""

from datetime import timedelta

from django.utils import timezone

from caching.clients.memcached import Memcached
from caching.exceptions import CacheError
from caching.flush.topology import NoCluster, primaries
from caching.library.families import FAMILIES, Tier
from caching.members.facts import MembersFacts, MemberState
from caching.traffic import traffic
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target

RATES_OVER = timedelta(minutes=5)


def gather() -> MembersFacts:
    families = [name for name, one in FAMILIES.items() if one.tier is Tier.L2 or one.backing]
    hits = [one.hits_per_second for one in traffic(families, timezone.now() - RATES_OVER).values()]
    known = [one for one in hits if one is not None]
    problem = ""
    try:
        primaries()
    except NoCluster as said:
        problem = str(said)
    members = tuple(_state(target) for target in targets(ServerKind.MEMCACHED))
    return MembersFacts(members=members, hits_per_second=sum(known) if known else None, problem=problem)


def _state(target: Target) -> MemberState:
    state = MemberState(name=target.name, address=target.address, out=target.out)
    try:
        stats = Memcached(target).stats()
    except CacheError as problem:
        return state.model_copy(update={"problem": str(problem)})
    return state.model_copy(update={"items": stats.items, "bytes": stats.bytes})
