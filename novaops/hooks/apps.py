from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "novaops.hooks"
    label = "hooks"

    def ready(self) -> None:
        from novaops.audit.signals import awaited, recorded
        from novaops.hooks.keys import reseal_secrets
        from novaops.hooks.outbox import put, wants
        from novaops.inventory.signals import resealing

        awaited.connect(wants, dispatch_uid="hooks")
        recorded.connect(put, dispatch_uid="hooks")
        resealing.connect(reseal_secrets, dispatch_uid="hooks")
