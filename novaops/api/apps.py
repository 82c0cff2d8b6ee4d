from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "novaops.api"
    label = "api"

    def ready(self) -> None:
        from novaops.api.selectors import last_uses
        from novaops.fleets import uses

        uses.register(last_uses)
