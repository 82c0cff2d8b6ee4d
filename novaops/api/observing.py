"""The observe road: servers with their readings, and findings. Stored values with their ages; no server is asked."""

from typing import Annotated

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from metrics import findings, selectors
from metrics.contract import Seen, ServerSeen, Severity, ShardSeen, Snapshot
from novaops.api.observe_schemas import (
    FindingOut,
    FindingsOut,
    ReadingOut,
    RemedyOut,
    ServerOut,
    ServersOut,
    ShardOut,
    ShardsOut,
    TenantOut,
    TenantsOut,
)
from novaops.api.paging import Limit, Offset, next_page
from shards.placement.models import Placement
from shards.placement.selectors import ShardLoad, loads, placement, placements

router = Router(tags=["observe"])
ServerKind = Annotated[str, Query(description="Such as `patroni`.")]
Shard = Annotated[str, Query(description="The name of a shard.")]
TenantText = Annotated[str, Query(description="Part of an id or of a name.")]
TenantId = Annotated[str, Path(description="The tenant's id.")]


@router.get("servers", response=ServersOut, summary="Every server with its last readings")
def servers(request: HttpRequest, kind: ServerKind = "", shard: Shard = "") -> ServersOut:
    seen = selectors.snapshot()
    chosen = [one for one in seen.servers if kind in ("", one.kind) and shard in ("", one.shard)]
    return ServersOut(at=seen.at, cycle_seconds=seen.cycle_seconds, servers=[_server(seen, one) for one in chosen])


@router.get("findings", response=FindingsOut, summary="What a person should know now, the worst first")
def current_findings(request: HttpRequest) -> FindingsOut:
    now = timezone.now()
    found = findings.current(selectors.snapshot(), now)
    return FindingsOut(
        at=now,
        findings=[
            FindingOut(
                key=one.key,
                severity=Severity(one.severity).name.lower(),
                sentence=one.sentence,
                subject=one.subject,
                since=one.since,
                next_step=one.next_step,
                remedy=RemedyOut(kind=one.remedy.kind, parameters=one.remedy.parameters) if one.remedy else None,
            )
            for one in found
        ],
    )


@router.get("shards", response=ShardsOut, summary="Every shard, and how much is placed on it")
def shards(request: HttpRequest) -> ShardsOut:
    seen, load = selectors.snapshot(), loads()
    return ShardsOut(at=seen.at, shards=[_shard(one, load.get(one.name, ShardLoad())) for one in seen.shards])


@router.get("tenants", response=TenantsOut, summary="Tenants and where they live, by id")
def tenants(
    request: HttpRequest, q: TenantText = "", shard: Shard = "", limit: Limit = 50, offset: Offset = 0
) -> TenantsOut:
    found = placements(q, shard)
    count = found.count()
    rows = [_tenant(one) for one in found[offset : offset + limit]]
    return TenantsOut(count=count, next=next_page(request, offset, limit, count), tenants=rows)


@router.get("tenants/{path:tenant_id}", response=TenantOut, summary="Where one tenant lives")
def tenant(request: HttpRequest, tenant_id: TenantId) -> TenantOut:
    found = placement(tenant_id)
    if found is None:
        raise Http404("No tenant of this fleet has that id.")
    return _tenant(found)


def _shard(one: ShardSeen, load: ShardLoad) -> ShardOut:
    told = {name: getattr(one, name) for name in ("name", "cluster", "database", "state", "weight")}
    counted = {name: getattr(load, name) for name in ("tenants", "vms", "bytes", "counted_at")}
    return ShardOut(**told, **counted)


def _tenant(one: Placement) -> TenantOut:
    same = {name: getattr(one, name) for name in TenantOut.model_fields if name != "shard"}
    return TenantOut(**same, shard=one.shard.name)


def _server(seen: Snapshot, server: ServerSeen) -> ServerOut:
    return ServerOut(
        kind=server.kind,
        name=server.name,
        address=server.address,
        shard=server.shard or None,
        state=seen.state_of(server).value,
        readings=[_reading(seen, one) for one in seen.readings if one.server.id == server.id],
    )


def _reading(seen: Snapshot, one: Seen) -> ReadingOut:
    return ReadingOut(
        probe=one.probe,
        state=one.state.value,
        cause=one.cause,
        checked_at=one.checked_at,
        good_at=one.good_at,
        age_seconds=one.age(seen.at),
        old=one.is_old(seen.at),
        state_since=one.state_since,
        took_ms=one.took_ms,
        values=one.values,
        facts=one.facts.model_dump(mode="json") if one.facts else None,
    )
