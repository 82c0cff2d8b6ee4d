from django.apps import AppConfig

from metrics import registry


class CachingConfig(AppConfig):
    name = "caching"
    label = "caching"

    def ready(self) -> None:
        from caching import probes

        for probe in probes.PROBES:
            registry.register(probe)
