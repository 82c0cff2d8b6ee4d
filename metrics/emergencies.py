"""Findings about the act road: a break-glass operation that nobody else has looked at since."""

from collections.abc import Iterator
from datetime import datetime

from metrics.contract import Finding, Severity, Snapshot
from novaops.operations.acknowledging import unacknowledged


def unseen_emergencies(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """One for each; read from the control database, which knows them without any server."""
    for operation in unacknowledged():
        yield Finding(
            key=f"break-glass:{operation.pk}",
            severity=Severity.WARNING,
            sentence=operation.glass_sentence,
            subject=f"operation {operation.pk}",
            since=operation.ended_at,
            page="operations",
            anchor=f"operation-{operation.pk}",
            next_step="Somebody else who may approve operations reads what was done, and acknowledges it there.",
        )
