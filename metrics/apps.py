from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
    label = "metrics"

    def ready(self) -> None:
        from metrics import emergencies, findings, rules

        findings.register(rules.unreachable)
        findings.register(rules.nobody_asks)
        findings.register(emergencies.unseen_emergencies)
