from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "novaops.audit"
    label = "audit"

    def ready(self) -> None:
        from novaops.audit import checks  # noqa: F401  it registers them
        from novaops.audit.access.registry import register_use
        from novaops.audit.access.uses import own_use
        from novaops.audit.subscriptions import subscribe
        from novaops.fleets.ownership import seal

        seal("audit_record", "audit_head", "audit_checkpoint", "audit_pruning")
        register_use(own_use)
        subscribe()
