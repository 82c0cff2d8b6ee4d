"""The cache tiers of a fleet that this console has registered."""

from django_tenants.utils import tenant_context

from caching.backends import L1, L2
from caching.tiers import Tiers
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets


def tiers_of(fleet: Fleet) -> Tiers:
    """Reads the addresses once; no server is asked yet."""
    with tenant_context(fleet):
        redis, memcached = targets(ServerKind.REDIS), targets(ServerKind.MEMCACHED)
    login = redis[0].login if redis else None
    l1 = L1(
        [(node.host, node.port) for node in redis],
        username=login.username if login else "",
        password=login.password if login else "",
    )
    return Tiers(l1, L2([(server.host, server.port) for server in memcached]))
