"""Questions about placement; the list answers for 100,000 tenants."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet, Sum

from shards.placement.models import Placement, PlacementChange
from shards.placement.places import Place

SORTS = {
    "tenant": ("tenant_id",),
    "name": ("name", "tenant_id"),
    "vms": (F("vms").desc(nulls_last=True), "tenant_id"),
    "bytes": (F("bytes").desc(nulls_last=True), "tenant_id"),
    "since": ("-since", "tenant_id"),
}


ELSEWHERE = """
    SELECT told.tenant_id, coalesce(shard.name, '')
    FROM unnest(%(tenants)s::text[]) AS told (tenant_id)
    LEFT JOIN shards_placement placement USING (tenant_id)
    LEFT JOIN inventory_shard shard ON shard.id = placement.shard_id
    WHERE shard.name IS DISTINCT FROM %(shard)s
"""


@dataclass(frozen=True, slots=True)
class ShardLoad:
    """What is placed on a shard; `counted_at` is the age of the newest count, None before the first."""

    tenants: int = 0
    vms: int = 0
    bytes: int = 0
    counted_at: datetime | None = None


def placements(search: str = "", shard: str = "", isolation: str = "", sort: str = "tenant") -> QuerySet[Placement]:
    """Placements whose id or name contains `search`; an unknown sort is by tenant."""
    found = Placement.objects.select_related("shard")
    if search:
        found = found.filter(Q(tenant_id__icontains=search) | Q(name__icontains=search))
    if shard:
        found = found.filter(shard__name=shard)
    if isolation:
        found = found.filter(isolation=isolation)
    return found.order_by(*SORTS.get(sort, SORTS["tenant"]))


def shards_of(tenants: Collection[str]) -> dict[str, str]:
    """The shard of each of these tenants, by tenant; without those that are placed nowhere."""
    return dict(Placement.objects.filter(tenant_id__in=tenants).values_list("tenant_id", "shard__name"))


def placement(tenant_id: str) -> Placement | None:
    return Placement.objects.select_related("shard").filter(tenant_id=tenant_id).first()


def placed_elsewhere(shard: str, tenants: Sequence[str]) -> dict[str, str]:
    """Those of the tenants that are not placed on the shard, with the shard where they are; empty: on none."""
    with connection.cursor() as cursor:
        cursor.execute(ELSEWHERE, {"shard": shard, "tenants": list(tenants)})
        return dict(cursor.fetchall())


def history(tenant_id: str) -> QuerySet[PlacementChange]:
    """Where the tenant was, newest first."""
    return PlacementChange.objects.select_related("shard").filter(tenant_id=tenant_id).order_by("-epoch")


def loads() -> dict[str, ShardLoad]:
    """By shard's name; a shard without tenants is not in it."""
    rows = Placement.objects.values("shard__name").annotate(
        tenants=Count("id"), vm_sum=Sum("vms"), byte_sum=Sum("bytes"), newest=Max("counted_at")
    )
    return {
        row["shard__name"]: ShardLoad(row["tenants"], row["vm_sum"] or 0, int(row["byte_sum"] or 0), row["newest"])
        for row in rows
    }


def place_of(tenant_id: str) -> Place | None:
    """The place as the router needs it."""
    found = placement(tenant_id)
    if found is None:
        return None
    return Place(
        tenant_id=tenant_id,
        shard=found.shard.name,
        epoch=found.epoch,
        schema_name=found.schema_name,
        shard_state=found.shard.state,
    )
