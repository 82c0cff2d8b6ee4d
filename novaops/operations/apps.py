from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "novaops.operations"
    label = "operations"

    def ready(self) -> None:
        from novaops.audit.access.registry import register_use
        from novaops.operations.rights_used import right_used

        register_use(right_used)
