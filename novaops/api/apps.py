from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "novaops.api"
    label = "api"
