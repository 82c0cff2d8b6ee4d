from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "novaops.audit"
    label = "audit"
