from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "novaops.audit"
    label = "audit"

    def ready(self) -> None:
        from novaops.audit.subscriptions import subscribe

        subscribe()
