from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "novaops.api"
    label = "api"

    def ready(self) -> None:
        from novaops.api.selectors import credentials, machines_of
        from novaops.audit.access.registry import register_credentials
        from novaops.operations import keyholders

        register_credentials(credentials)
        keyholders.register(machines_of)
