"""What the console knows itself, by which the things on a shard are judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from novaops.operations.choices import ACTIVE
from novaops.operations.models import Operation, OperationLock
from shards.fences import console_id
from shards.leftovers.of_moves import KnownMove, moves
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
    from a slot of a name, as other shards tell; `moves` those of the operations and tenants asked about, the oldest
    first."""

    console: str = ""
    newest_token: int = 0
    operations: Mapping[int, KnownOperation] = field(default_factory=dict)
    placed: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    slots: frozenset[str] | None = None
    readers: Mapping[str, str] = field(default_factory=dict)
    moves: tuple[KnownMove, ...] = ()

    def belongs_to_active(self, mark: Mark | None) -> bool:
        """To an operation that is not over, or to a move that stands."""
        if mark is None or mark.console not in ("", self.console):
            return False
        known = self.operations.get(mark.operation)
        moving = any(one.alive for one in self.moves if one.number == mark.operation)
        return moving or (known is not None and known.active)

    def being_moved(self, tenant: str) -> bool:
        return f"tenant:{tenant}" in self.held or any(one.alive for one in self.moves if one.tenant_id == tenant)

    def moved_by(self, tenant: str, shard: str) -> Mark | None:
        """The last move of the tenant from or to the shard."""
        found = [one.number for one in self.moves if one.tenant_id == tenant and shard in one.shards]
        return Mark(found[-1], self.console) if found else None

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
    """Inside a fleet; five queries."""
    named, asked = set(numbers), list(tenants)
    moved = moves(named, asked)
    places = Placement.objects.filter(tenant_id__in=asked).values_list("tenant_id", "shard__name")
    return Known(
        console=console_id(),
        newest_token=newest_token(),
        operations=operations(named | {one.number for one in moved}),
        placed=dict(places),
        held=held_locks(),
        slots=slots,
        readers=readers,
        moves=moved,
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
