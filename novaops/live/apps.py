from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "novaops.live"
    label = "live"
