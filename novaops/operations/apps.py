from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "novaops.operations"
    label = "operations"
