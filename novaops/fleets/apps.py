from django.apps import AppConfig
from django.db.backends.signals import connection_created


class FleetsConfig(AppConfig):
    name = "novaops.fleets"
    label = "fleets"

    def ready(self) -> None:
        from novaops.fleets import checks

        connection_created.connect(checks.say_once, dispatch_uid="fleets")
