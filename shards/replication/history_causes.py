"""Who asked for what a shard did: the operation that was at work on it at that moment, or nobody here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from novaops.operations.models import Operation, OperationStep
from shards.replication.history import LeaderChange
from shards.replication.maintenance.failover_steps import FAIL_OVER
from shards.replication.scheduled_by import SCHEDULES, moment_of
from shards.replication.switchover.plan import SWITCH

# Clocks of the members and of the control database may differ by so much.
CLOCKS = timedelta(seconds=10)
SWITCHOVER, SCHEDULED = "switchover", SCHEDULES
# The kinds that change a leader, and the step in which each asks Patroni for it.
ASKS = {SWITCHOVER: SWITCH, "failover": FAIL_OVER, "failover-forced": FAIL_OVER}
# Kinds that change a leader on their way.
LEADING = frozenset({"shard-restart", "member-restart"})
# Those in which the old leader hands over all that it wrote before it stops.
IN_ORDER = frozenset({SWITCHOVER, SCHEDULED, "shard-restart"})
CHOOSING = frozenset({"failover", "failover-forced"})
# Patroni begins a scheduled switchover with its next turn.
PUNCTUAL = timedelta(seconds=60)
NOBODY = "Nobody asked for it through NovaOps: Patroni failed over by itself, or somebody acted past the console."


@dataclass(frozen=True, slots=True)
class Cause:
    """`operation` is None when nobody asked for it here."""

    operation: Operation | None
    sentence: str

    @property
    def data(self) -> dict[str, Any]:
        """For the record: "operation", its number and its person; or "nobody"."""
        if self.operation is None:
            return {"asked_for_by": "nobody"}
        return {
            "asked_for_by": "operation",
            "operation": self.operation.pk,
            "person": self.operation.requested_by_name,
            **({"ticket": self.operation.ticket} if self.operation.ticket else {}),
        }

    def targets(self, shard: str) -> list[str]:
        """So that timelines of the shard find the record, and the operation's own records lead to it."""
        return [f"shard:{shard}", *([self.operation.subject] if self.operation else [])]


def cause_of(shard: str, change: LeaderChange, moment: datetime) -> Cause:
    """A switchover or failover that had asked Patroni for exactly this leader by then, and was not over yet; else
    another operation that led to it."""
    step = _switching(shard, moment)
    if step is None:
        return _otherwise(shard, change, moment)
    operation = step.operation
    candidate = operation.parameters.get("candidate")
    who = f"operation {operation.pk} of {operation.requested_by_name}"
    if change.new_leader in ("", candidate):
        return Cause(operation, f"{who[0].upper()}{who[1:]} asked for it.")
    return Cause(None, f"It is not what {who} asked for, which wanted {candidate} to lead. {NOBODY}")


def in_order(operation: int | None) -> bool:
    """Whether that operation lets the old leader hand over before another one leads."""
    return operation is not None and Operation.objects.filter(pk=operation, kind__in=IN_ORDER).exists()


def chosen(operation: int | None) -> bool:
    """Whether that operation had a member of its choice take over, whatever that one lacked."""
    return operation is not None and Operation.objects.filter(pk=operation, kind__in=CHOOSING).exists()


def _otherwise(shard: str, change: LeaderChange, moment: datetime) -> Cause:
    held = at_work(shard, moment)
    if held and held.kind in LEADING:
        return Cause(held, f"Operation {held.pk} of {held.requested_by_name} restarted what led.")
    planned = _scheduled(shard, change, moment)
    if planned:
        told = f"Operation {planned.pk} of {planned.requested_by_name} had scheduled it with Patroni."
        return Cause(planned, told)
    return Cause(None, NOBODY)


def _scheduled(shard: str, change: LeaderChange, moment: datetime) -> Operation | None:
    asked = Operation.objects.filter(
        kind=SCHEDULED, parameters__shard=shard, parameters__candidate=change.new_leader, ended_at__lte=moment + CLOCKS
    )
    due = (one for one in asked.defer("plan_json").order_by("-started_at")[:20] if _due(one, moment))
    return next(due, None)


def _due(operation: Operation, moment: datetime) -> bool:
    at = moment_of(operation.parameters)
    return at is not None and at - CLOCKS <= moment <= at + PUNCTUAL


def at_work(shard: str, moment: datetime) -> Operation | None:
    """What held the shard at that moment, whatever its kind."""
    held = Operation.objects.filter(locks__contains=[["shard", shard]], started_at__lte=moment + CLOCKS)
    return held.filter(_not_over(moment)).defer("plan_json").order_by("-started_at").first()


def _switching(shard: str, moment: datetime) -> OperationStep | None:
    steps = Q(pk__in=[])
    for kind, key in ASKS.items():
        steps |= Q(operation__kind=kind, key=key)
    asked = OperationStep.objects.filter(steps, operation__parameters__shard=shard, started_at__lte=moment + CLOCKS)
    return asked.filter(_not_over(moment, "operation__")).select_related("operation").order_by("-started_at").first()


def _not_over(moment: datetime, way: str = "") -> Q:
    return Q(**{f"{way}ended_at": None}) | Q(**{f"{way}ended_at__gte": moment - CLOCKS})
