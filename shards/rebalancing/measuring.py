"""What every shard carries: as its leader says now, or as the console counted it last."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.models import Min
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.inventory.models import Shard, ShardState
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError
from shards.partitions.leader import NoLeader, find
from shards.placement.facts import TenantOnShard
from shards.placement.models import Placement
from shards.placement.probes import tenants_on
from shards.placement.services import Count, record_counts
from shards.rebalancing.facts import Opens, ShardLoad, TenantLoad

WRITES = (Path(__file__).parent / "sql" / "writes.sql").read_text().encode()
ASK_SECONDS = 20.0
OPENS = {ShardState.ACTIVE: Opens.BOTH_WAYS, ShardState.DRAINING: Opens.OUT_ONLY}


@dataclass(frozen=True, slots=True)
class Load:
    """`problems` by the name of a shard that could not be asked: its tenants count as they did last."""

    shards: tuple[ShardLoad, ...]
    tenants: tuple[TenantLoad, ...]
    problems: tuple[tuple[str, str], ...] = ()
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one shard said of its tenants; `rates` are rows written a second, by schema."""

    shard: str
    tenants: Sequence[TenantOnShard] = ()
    rates: tuple[tuple[str, float], ...] = ()
    problem: str = ""


def stored() -> Load:
    """As counted last; no server is asked, and nobody knows then who writes how much."""
    counted = Placement.objects.aggregate(oldest=Min("counted_at"))
    return Load(_shards(), _tenants({}), counted_at=counted["oldest"])


def live() -> Load:
    """Asked of every leader now, side by side, and kept beside the placements."""
    shards = _shards()
    now, said = timezone.now(), _ask([shard.name for shard in shards])
    for answer in said:
        record_counts(answer.shard, (Count(one.tenant_id, one.vms, one.bytes) for one in answer.tenants), now)
    writes = {tenant: rate for answer in said for tenant, rate in _writes(answer)}
    return Load(shards, _tenants(writes), tuple((one.shard, one.problem) for one in said if one.problem), now)


def _tenants(writes: Mapping[str, float]) -> tuple[TenantLoad, ...]:
    placed = Placement.objects.order_by("tenant_id").values_list("tenant_id", "shard__name", "bytes", "vms")
    return tuple(TenantLoad(name, at, size or 0, vms or 0, writes.get(name, 0.0)) for name, at, size, vms in placed)


def _shards() -> tuple[ShardLoad, ...]:
    present = Shard.objects.filter(present=True).order_by("name")
    return tuple(ShardLoad(one.name, one.weight, OPENS.get(ShardState(one.state), Opens.CLOSED)) for one in present)


def _ask(shards: Sequence[str]) -> list[_Answer]:
    fleet = connection.tenant  # type: ignore[attr-defined]

    def asked(shard: str) -> _Answer:
        try:
            with tenant_context(fleet):
                return _asked(shard)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=min(8, max(1, len(shards))), thread_name_prefix="measuring") as pool:
        return list(pool.map(asked, shards))


def _asked(shard: str) -> _Answer:
    try:
        with sessions.open(find(shard), ASK_SECONDS) as session:
            tenants = tenants_on(session)
            return _Answer(shard, tenants, _rates(session) if tenants else ())
    except (NoLeader, ShardError) as problem:
        return _Answer(shard, problem=str(problem))


def _rates(session: Session) -> tuple[tuple[str, float], ...]:
    return tuple((row["schema"], row["rate"]) for row in session.execute(WRITES))


def _writes(answer: _Answer) -> Iterable[tuple[str, float]]:
    """Of a tenant in the shared tables, its part of them by its VMs: rows are counted by table."""
    rates, schemas = dict(answer.rates), _schemas(answer.tenants)
    shared = [one for one in answer.tenants if one.isolation == "rows"]
    vms = sum(one.vms for one in shared)
    for one in answer.tenants:
        if one.isolation == "rows":
            yield one.tenant_id, rates.get("public", 0.0) * one.vms / vms if vms else 0.0
        else:
            yield one.tenant_id, rates.get(schemas.get(one.tenant_id, ""), 0.0)


def _schemas(tenants: Sequence[TenantOnShard]) -> dict[str, str]:
    named = Placement.objects.filter(tenant_id__in=[one.tenant_id for one in tenants if one.isolation != "rows"])
    return dict(named.values_list("tenant_id", "schema_name"))


def rounded(value: float) -> float:
    """To two digits: a plan that was confirmed has to come out the same while tenants go on writing."""
    return float(f"{value:.1e}")


def steady(load: Load) -> Load:
    tenants = tuple(
        TenantLoad(one.tenant_id, one.shard, int(rounded(one.bytes)), int(rounded(one.vms)), rounded(one.writes_per_s))
        for one in load.tenants
    )
    return Load(load.shards, tenants, load.problems, load.counted_at)
