"""Giving tenants their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from novaops.inventory.models import Shard, ShardState
from shards.placement.models import Isolation, Placement, PlacementChange
from shards.placement.problems import NoShardLeft
from shards.placement.spreading import Spread

# One statement decides; whoever comes second finds the first one's row.
INSERT = f"""
    INSERT INTO {Placement._meta.db_table} (tenant_id, name, isolation, schema_name, shard_id, epoch, since)
    VALUES (%s, %s, %s, %s, %s, 1, %s)
    ON CONFLICT (tenant_id) DO NOTHING
    RETURNING id
"""  # noqa: S608 (the table's name is the model's)

COUNTS = """
    UPDATE shards_placement AS placement
    SET vms = counted.vms, bytes = counted.bytes, counted_at = %(at)s
    FROM unnest(%(tenants)s::text[], %(vms)s::bigint[], %(bytes)s::bigint[]) AS counted (tenant_id, vms, bytes),
        inventory_shard AS shard
    WHERE placement.tenant_id = counted.tenant_id
        AND shard.id = placement.shard_id
        AND shard.name = %(shard)s
        AND (placement.counted_at IS NULL OR placement.counted_at < %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A tenant that needs a place; `schema_name` is empty for isolation by rows."""

    tenant_id: str
    name: str
    schema_name: str = ""

    @property
    def isolation(self) -> Isolation:
        return Isolation.SCHEMA if self.schema_name else Isolation.ROWS


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a tenant is; `made` is True for the one caller who put it there."""

    tenant_id: str
    shard: str
    epoch: int
    made: bool


def assign(newcomer: Newcomer, reason: str = "first assignment") -> Assignment:
    """The tenant's place, chosen now when it has none: on the shard that carries least for its weight. All callers get
    one answer, however many ask at once."""
    return _existing(newcomer.tenant_id) or assign_all([newcomer], reason)[0]


def assign_all(newcomers: Iterable[Newcomer], reason: str) -> tuple[Assignment, ...]:
    """`assign` for many, in one transaction."""
    with transaction.atomic():
        spread = Spread(_open_shards())
        return tuple(_assign(newcomer, spread, reason) for newcomer in newcomers)


def change(tenant_id: str, shard: str, epoch: int, reason: str) -> bool:
    """The tenant is on another shard, at a higher epoch. False when that, or something newer, is known already."""
    with transaction.atomic():
        new, now = Shard.objects.get(name=shard), timezone.now()
        older = Placement.objects.filter(tenant_id=tenant_id, epoch__lt=epoch)
        if not older.update(shard=new, epoch=epoch, since=now, counted_at=None):
            return False
        PlacementChange.objects.create(tenant_id=tenant_id, epoch=epoch, shard=new, at=now, reason=reason)
        return True


def _open_shards() -> list[Shard]:
    """Locked, so that callers choose one after the other, each knowing what the others chose; placements and whoever
    reads are not kept waiting."""
    open_now = Shard.objects.filter(present=True, state=ShardState.ACTIVE, weight__gt=0)
    return list(open_now.order_by("pk").select_for_update(no_key=True))


def _assign(newcomer: Newcomer, spread: Spread, reason: str) -> Assignment:
    existing = _existing(newcomer.tenant_id)
    if existing:
        return existing
    shard = spread.take()
    if shard is None:
        raise NoShardLeft(
            f"No shard takes new tenants, so {newcomer.tenant_id} has no place: set a shard to active first."
        )
    return _insert(newcomer, shard, timezone.now(), reason) or _found(newcomer.tenant_id)


def _insert(newcomer: Newcomer, shard: Shard, now: datetime, reason: str) -> Assignment | None:
    """None when another caller was first."""
    values = (newcomer.tenant_id, newcomer.name, newcomer.isolation.value, newcomer.schema_name, shard.pk, now)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        if cursor.fetchone() is None:
            return None
    PlacementChange.objects.create(tenant_id=newcomer.tenant_id, epoch=1, shard=shard, at=now, reason=reason)
    return Assignment(newcomer.tenant_id, shard.name, 1, made=True)


def _existing(tenant_id: str) -> Assignment | None:
    placement = Placement.objects.select_related("shard").filter(tenant_id=tenant_id).first()
    if placement is None:
        return None
    return Assignment(tenant_id, placement.shard.name, placement.epoch, made=False)


def _found(tenant_id: str) -> Assignment:
    """After an insert that another one won: its transaction has ended, so its row is visible."""
    existing = _existing(tenant_id)
    if existing is None:
        raise RuntimeError(f"The placement of {tenant_id} was there and is gone.")
    return existing


@dataclass(frozen=True, slots=True)
class Count:
    """What a shard says that a tenant has."""

    tenant_id: str
    vms: int
    bytes: int


def record_gates(shard: str, shut: Mapping[str, str], at: datetime) -> None:
    """Keeps which of the tenants that are placed on the shard it lets nobody write to: `shut` is each one's gate, such
    as away. Of all others it is open."""
    here = Placement.objects.filter(shard__name=shard)
    here.exclude(gate="").exclude(tenant_id__in=shut).update(gate="", gate_since=None)
    for tenant, gate in shut.items():
        here.filter(tenant_id=tenant).exclude(gate=gate).update(gate=gate, gate_since=at)


def record_counts(shard: str, counts: Iterable[Count], at: datetime) -> int:
    """Keep what a shard answered, for tenants that are placed on it; older answers never replace newer ones."""
    seen = list(counts)
    values: dict[str, Any] = {
        "shard": shard,
        "at": at,
        "tenants": [count.tenant_id for count in seen],
        "vms": [count.vms for count in seen],
        "bytes": [count.bytes for count in seen],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        return int(cursor.rowcount)
