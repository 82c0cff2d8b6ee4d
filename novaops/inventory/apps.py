from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "novaops.inventory"
    label = "inventory"
