"""Tells open pages that an operation moved; they fetch what is stored."""

from novaops.live import publish
from novaops.operations.models import Operation


def tell(operation: Operation | int) -> None:
    """Sent when the caller's transaction commits."""
    number = operation if isinstance(operation, int) else operation.pk
    publish("operations", {"operation": number})
    publish(f"operation-{number}", {"operation": number})
