from django.apps import AppConfig


class FleetsConfig(AppConfig):
    name = "novaops.fleets"
    label = "fleets"
