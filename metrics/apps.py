from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
    label = "metrics"

    def ready(self) -> None:
        from metrics import change_log_rules, emergencies, findings, hook_rules, rules

        findings.register(rules.unreachable)
        findings.register(rules.nobody_asks)
        findings.register(emergencies.unseen_emergencies)
        findings.register(change_log_rules.change_log)
        findings.register(hook_rules.failing)
        findings.register(hook_rules.nobody_delivers)
