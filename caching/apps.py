from django.apps import AppConfig

from metrics import registry, tiles
from novaops.operations import registry as operations
from shards.placement.signals import tenant_changed, tenant_leaving


class CachingConfig(AppConfig):
    name = "caching"
    label = "caching"

    def ready(self) -> None:
        from caching import findings as rules
        from caching import pressure_findings as pressure
        from caching import probes
        from caching.browser.recording import right_used
        from caching.cluster.kinds import KINDS as CLUSTER_KINDS
        from caching.flush.kind import CacheFlush, CacheHide
        from caching.members.kinds import MemcachedIn, MemcachedOut
        from caching.stream import findings as stream
        from caching.stream.following import follow
        from caching.stream.leaving import leave
        from caching.tiles_overview import cache_tiles
        from caching.warm.kind import CacheWarm
        from metrics import findings
        from novaops.audit.access.registry import register_use

        for probe in probes.PROBES:
            registry.register(probe)
        pressure_rules = (pressure.evictions, pressure.replicas, pressure.slabs)
        of_caches = (rules.redis_cluster, rules.redis_nodes, rules.hit_ratios, *pressure_rules)
        for rule in (*of_caches, rules.stream, stream.rule):
            findings.register(rule)
        operations.register(CacheFlush())
        operations.register(CacheHide())
        operations.register(CacheWarm())
        operations.register(MemcachedOut())
        operations.register(MemcachedIn())
        for kind in CLUSTER_KINDS:
            operations.register(kind)
        register_use(right_used)
        tiles.register(20, cache_tiles)
        tenant_leaving.connect(leave, dispatch_uid="caches forget a tenant that leaves")
        tenant_changed.connect(follow, dispatch_uid="caches follow a tenant")
