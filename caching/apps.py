from django.apps import AppConfig

from metrics import registry
from novaops.operations import registry as operations


class CachingConfig(AppConfig):
    name = "caching"
    label = "caching"

    def ready(self) -> None:
        from caching import findings as rules
        from caching import probes
        from caching.flush.kind import CacheFlush
        from metrics import findings

        for probe in probes.PROBES:
            registry.register(probe)
        for rule in (rules.redis_cluster, rules.redis_nodes, rules.hit_ratios, rules.stream):
            findings.register(rule)
        operations.register(CacheFlush())
