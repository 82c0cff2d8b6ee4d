"""What Memcached holds."""

from caching.clients.memcached import Memcached
from novaops.inventory.targets import Target
from tests.waiting import wait_for


def keys_of(server: Target) -> list[bytes]:
    """Asked again while Memcached's own crawler is at work: then it says that it is busy."""
    [found] = wait_for(lambda: [Memcached(server).items()], f"the keys of {server.name}")
    return [item.key for item in found]
