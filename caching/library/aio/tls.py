"""TLS for tasks, as `caching.library.tls` has it for threads."""

from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import SSLConnection

from caching.library.tls import tls_of


class Secured(SSLConnection):
    """redis-py's own would trust the system's certificates beside those of `ca_file`, and read all of them for each
    connection, while the loop waits."""

    def _connection_arguments(self) -> Any:
        self.ssl_context.context = tls_of(self).context()
        return super()._connection_arguments()


def secure(cluster: RedisCluster) -> None:
    """Before its first connection: a cluster's client cannot be told of a class of its own."""
    cluster.connection_kwargs["connection_class"] = Secured
    for node in cluster.startup_nodes:
        node.connection_class = Secured
