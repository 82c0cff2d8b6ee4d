"""Who put a switchover on Patroni's list, where an operation did: Patroni itself keeps no names."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.clients.patroni_replies import ScheduledSwitchover

SCHEDULES, UNSCHEDULES = "switchover-schedule", "switchover-unschedule"


def scheduled_by(shard: str, planned: ScheduledSwitchover) -> Operation | None:
    """None where somebody else did it, or another operation took it off the list since. One that found it there already
    carried out nothing."""
    changed = Operation.objects.filter(
        kind__in=(SCHEDULES, UNSCHEDULES), parameters__shard=shard, status=Status.DONE, started_at__isnull=False
    )
    last = changed.defer("plan_json").order_by("-ended_at").first()
    return last if last and last.kind == SCHEDULES and _same(last.parameters, planned) else None


def moment_of(parameters: Mapping[str, Any]) -> datetime | None:
    """When Patroni is to do it; None for what is no time."""
    try:
        at = datetime.fromisoformat(str(parameters.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _same(parameters: Mapping[str, Any], planned: ScheduledSwitchover) -> bool:
    return parameters.get("candidate") == planned.candidate and moment_of(parameters) == planned.at
