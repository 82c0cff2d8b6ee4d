from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "novaops.api"
    label = "api"

    def ready(self) -> None:
        from novaops.api.selectors import credentials
        from novaops.audit.access.registry import register_credentials

        register_credentials(credentials)
