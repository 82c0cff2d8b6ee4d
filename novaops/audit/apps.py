from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "novaops.audit"
    label = "audit"

    def ready(self) -> None:
        from novaops.audit.subscriptions import subscribe
        from novaops.fleets.ownership import seal

        seal("audit_record", "audit_head", "audit_checkpoint")
        subscribe()
