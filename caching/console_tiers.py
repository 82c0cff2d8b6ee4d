"""The cache tiers of a fleet that this console has registered."""

from collections.abc import Callable

from django_tenants.utils import tenant_context

from caching.clients.redis import tls_to
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.left_out import LeftOut
from caching.library.near.near import Near
from caching.library.tiers import Tiers, no_shard
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets


def tiers_of(fleet: Fleet, shard_of: Callable[[str], str] = no_shard, in_process: bool = False) -> Tiers:
    """Reads the addresses once; no server is asked yet. Who reads tenants' entries through these tiers says which shard
    a tenant is on; who only invalidates need not. `in_process`: with a tier of the process' own."""
    with tenant_context(fleet):
        memcached = targets(ServerKind.MEMCACHED)
    l1 = l1_of(fleet)
    left_out = LeftOut(l1, [server.address for server in memcached if server.out])
    l2 = L2([(server.host, server.port) for server in memcached], left_out)
    return Tiers(l1, l2, shard_of, near=Near(l1.cluster) if in_process else None)


def l1_of(fleet: Fleet) -> L1:
    with tenant_context(fleet):
        redis = targets(ServerKind.REDIS)
    if not redis:
        return L1([])
    addresses, first = [(node.host, node.port) for node in redis], redis[0]
    return L1(addresses, first.login.username, first.login.password, tls_to(first))
