from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "novaops.hooks"
    label = "hooks"

    def ready(self) -> None:
        from novaops.audit.signals import recorded
        from novaops.hooks.keys import reseal_secrets
        from novaops.hooks.outbox import put
        from novaops.inventory.signals import resealing

        recorded.connect(put, dispatch_uid="hooks")
        resealing.connect(reseal_secrets, dispatch_uid="hooks")
