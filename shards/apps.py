from django.apps import AppConfig

from metrics import registry, tiles
from novaops.operations import registry as operations


class ShardsConfig(AppConfig):
    name = "shards"
    label = "shards"

    def ready(self) -> None:
        from shards.partitions.probes import PROBES as PARTITIONS
        from shards.placement.probes import PROBES as PLACEMENT
        from shards.pools.probes import PROBES as POOLS
        from shards.replication.probes import PROBES as REPLICATION
        from shards.replication.switchover import Switchover
        from shards.tiles import shard_tiles

        for probe in (*REPLICATION, *POOLS, *PARTITIONS, *PLACEMENT):
            registry.register(probe)
        operations.register(Switchover())
        tiles.register(10, shard_tiles)
