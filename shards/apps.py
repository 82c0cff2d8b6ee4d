from django.apps import AppConfig

from metrics import registry, tiles
from metrics.signals import answered
from novaops.operations import registry as operations


class ShardsConfig(AppConfig):
    name = "shards"
    label = "shards"

    def ready(self) -> None:
        from metrics import findings
        from novaops.operations import companions
        from shards.backends.kinds import BackendCancel, BackendTerminate
        from shards.fleetwide.kinds import FleetDrain, FleetRestart
        from shards.leftovers.findings import leftovers
        from shards.leftovers.probes import PROBES as LEFTOVERS
        from shards.leftovers.remembering import keep_leftovers
        from shards.leftovers.removal.kinds import LeftoverDelete, LeftoverRemove
        from shards.moves.companion import of_operation
        from shards.moves.kind import TenantMove
        from shards.moves.later_kinds import TenantMoveBack, TenantMoveFinish
        from shards.partitions.findings import partitions
        from shards.partitions.kind import PartitionsCreate
        from shards.partitions.probes import PROBES as PARTITIONS
        from shards.placement.counting import keep_counts
        from shards.placement.findings import gates
        from shards.placement.probes import PROBES as PLACEMENT
        from shards.pools.acting.kinds import PoolKill, PoolPause, PoolReconnect, PoolReload, PoolResize, PoolResume
        from shards.pools.findings import pools
        from shards.pools.pausing.findings import pauses
        from shards.pools.probes import PROBES as POOLS
        from shards.rebalancing.kinds import Rebalancing, ShardDrain, ShardFill
        from shards.replication.ahead_findings import ahead
        from shards.replication.etcd_findings import etcd_cluster
        from shards.replication.failover_findings import failovers
        from shards.replication.findings import clusters
        from shards.replication.history_recording import keep_history
        from shards.replication.history_servers import keep_pauses, keep_restarts
        from shards.replication.lost_timelines import lost_timelines
        from shards.replication.maintenance.kinds import KINDS as MAINTENANCE
        from shards.replication.maintenance.pause_findings import pauses as failover_pauses
        from shards.replication.maintenance.pause_watching import keep_failover_pauses
        from shards.replication.member_findings import members
        from shards.replication.probes import PROBES as REPLICATION
        from shards.replication.server_findings import etcd, servers
        from shards.replication.switchover.kind import Switchover
        from shards.replication.switchover.schedule_kinds import SwitchoverSchedule, SwitchoverUnschedule
        from shards.slots.kind import SlotDrop
        from shards.tiles import shard_tiles

        for probe in (*REPLICATION, *POOLS, *PARTITIONS, *PLACEMENT, *LEFTOVERS):
            registry.register(probe)
        watched = (clusters, members, ahead, failovers, lost_timelines, failover_pauses, servers, etcd_cluster, etcd)
        for rule in (*watched, pools, pauses, partitions, gates, leftovers):
            findings.register(rule)
        answered.connect(keep_counts, dispatch_uid="placement counts")
        answered.connect(keep_leftovers, dispatch_uid="leftovers")
        answered.connect(keep_history, dispatch_uid="history of leaders")
        answered.connect(keep_restarts, dispatch_uid="restarts")
        answered.connect(keep_pauses, dispatch_uid="pauses")
        answered.connect(keep_failover_pauses, dispatch_uid="pauses of failover")
        operations.register(Switchover())
        operations.register(SwitchoverSchedule())
        operations.register(SwitchoverUnschedule())
        for kind in MAINTENANCE:
            operations.register(kind)
        operations.register(PartitionsCreate())
        operations.register(TenantMove())
        operations.register(TenantMoveBack())
        operations.register(TenantMoveFinish())
        operations.register(Rebalancing())
        operations.register(ShardDrain())
        operations.register(ShardFill())
        operations.register(LeftoverRemove())
        operations.register(LeftoverDelete())
        for of_pool in (PoolReconnect, PoolReload, PoolKill, PoolPause, PoolResume, PoolResize):
            operations.register(of_pool())
        operations.register(BackendCancel())
        operations.register(BackendTerminate())
        operations.register(SlotDrop())
        operations.register(FleetRestart())
        operations.register(FleetDrain())
        companions.register(of_operation)
        tiles.register(10, shard_tiles)
