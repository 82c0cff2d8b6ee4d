"""What the console knows itself, by which the things on a shard are judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from novaops.operations.choices import ACTIVE
from novaops.operations.models import Operation, OperationLock
from shards.fences import console_id
from shards.leftovers.sorts import DELETE_KIND, REMOVE_KIND
from shards.marks import Mark
from shards.placement.models import Placement


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """`active`: it may still act, and what it made belongs to it."""

    number: int
    title: str
    state: str
    active: bool
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """`slots` are those that Patroni manages or is told to leave alone, None when it did not say. `placed` has the
    shard of each tenant asked about that has one; `held` the locks of operations that are not over; `readers` who reads
    from a slot of a name, as other shards tell."""

    console: str = ""
    newest_token: int = 0
    operations: Mapping[int, KnownOperation] = field(default_factory=dict)
    placed: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    slots: frozenset[str] | None = None
    readers: Mapping[str, str] = field(default_factory=dict)

    def belongs_to_active(self, mark: Mark | None) -> bool:
        known = self.operations.get(mark.operation) if mark and mark.console in ("", self.console) else None
        return known is not None and known.active

    def origin(self, mark: Mark | None) -> tuple[str, int | None]:
        """A sentence, and the operation's number where this console knows it."""
        if mark is None:
            return "Unknown: nothing on it names an operation of NovaOps.", None
        if mark.console not in ("", self.console):
            return f"Operation {mark.operation} of another console ({mark.console}).", None
        known = self.operations.get(mark.operation)
        if known is None:
            return f"Operation {mark.operation}, which this console does not know.", None
        return f"Operation {known.number} ({known.title.rstrip('.')}), which is {known.state.lower()}.", known.number


def known(
    numbers: Iterable[int], tenants: Iterable[str], slots: frozenset[str] | None, readers: Mapping[str, str]
) -> Known:
    """Inside a fleet; four queries."""
    places = Placement.objects.filter(tenant_id__in=list(tenants)).values_list("tenant_id", "shard__name")
    return Known(
        console=console_id(),
        newest_token=newest_token(),
        operations=operations(numbers),
        placed=dict(places),
        held=held_locks(),
        slots=slots,
        readers=readers,
    )


def operations(numbers: Iterable[int]) -> dict[int, KnownOperation]:
    found = Operation.objects.filter(pk__in=list(numbers)).only("id", "title", "status", "ended_at")
    return {
        one.pk: KnownOperation(one.pk, one.title, one.state.label, not one.state.terminal, one.ended_at)
        for one in found
    }


def held_locks() -> frozenset[str]:
    """Of operations that are not over, other than those that remove leftovers."""
    held = OperationLock.objects.filter(operation__status__in=ACTIVE)
    others = held.exclude(operation__kind__in=(REMOVE_KIND, DELETE_KIND)).values_list("scope", "name")
    return frozenset(f"{scope}:{name}" for scope, name in others)


def newest_token() -> int:
    """The highest fencing token that was given out so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM operations_fencing")
        row = cursor.fetchone()
    return int(row[0])
