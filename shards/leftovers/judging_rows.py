"""Whose rows on a shard belong to nobody there. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from shards.leftovers.judging import placed
from shards.leftovers.known import Known
from shards.leftovers.leftover import Leftover
from shards.leftovers.queries import ROWS_COUNTED
from shards.leftovers.sorts import Sort
from shards.leftovers.traces import HomelessTrace, RowsFacts, SchemaTrace, VmRowsTrace
from shards.placement.facts import TenantOnShard, TenantsFacts

ORIGIN = "Unknown: rows do not say who left them."
GATES = {
    "arriving": "; it was expected here and has not come",
    "away": "; it has gone to {shard}",
}
ONLY_ONES = "No placement names {tenant}: these may be its only rows."


def judge_rows(facts: RowsFacts, shard: str, server: str, known: Known) -> tuple[Leftover, ...]:
    found = [
        *(homeless(one, shard, known) for one in facts.homeless),
        *(schema(one, shard, known) for one in facts.schemas),
        *map(vm_rows, facts.vm_rows),
    ]
    return placed((one for one in found if one), shard, server)


def judge_tenants(facts: TenantsFacts, shard: str, server: str, known: Known) -> tuple[Leftover, ...]:
    """Tenants that the shard lists and that are placed on another one, or on none."""
    return placed(_strays(facts, shard, known), shard, server)


def _strays(facts: TenantsFacts, shard: str, known: Known) -> Iterator[Leftover]:
    for one in facts.tenants:
        if known.placed.get(one.tenant_id) != shard and not known.being_moved(one.tenant_id):
            yield stray(one, known.placed.get(one.tenant_id, ""), _origin(one.tenant_id, shard, known))


def stray(one: TenantOnShard, lives_on: str, origin: Mapping[str, Any]) -> Leftover:
    own = ", in a schema of its own" if one.isolation == "schema" else ""
    gate = GATES.get(one.gate, "").format(shard=one.moved_to)
    return Leftover(
        sort=Sort.TENANT_ROWS,
        name=one.tenant_id,
        sentence=f"The tenant {_home(lives_on)}, and has {one.vms:,} VMs here{own}{gate}.",
        bytes=one.bytes,
        rows=one.vms or None,
        about="at least",
        refusal="" if lives_on else ONLY_ONES.format(tenant=one.tenant_id),
        identity={"lives_on": lives_on},
        **origin,
    )


def _origin(tenant: str, shard: str, known: Known) -> dict[str, Any]:
    """Rows do not say who left them; the last move of their tenant may have."""
    mark = known.moved_by(tenant, shard)
    if mark is None:
        return {"origin": ORIGIN}
    sentence, operation = known.origin(mark)
    return {"origin": sentence, "operation": operation}


def _home(lives_on: str) -> str:
    return f"is placed on {lives_on}" if lives_on else "is placed on no shard"


def homeless(one: HomelessTrace, shard: str, known: Known) -> Leftover | None:
    """A tenant that is placed here and not listed is damage, not a leftover: nothing of it is offered for removal."""
    lives_on = known.placed.get(one.tenant_id, "")
    if lives_on == shard or known.being_moved(one.tenant_id):
        return None
    tables = ", ".join(sorted(one.tables))
    return Leftover(
        sort=Sort.TENANT_ROWS,
        name=one.tenant_id,
        sentence=f"The tenant {_home(lives_on)}, and is not listed here; it has rows in {tables}.",
        rows=one.rows,
        about="at least" if max(one.tables.values()) >= ROWS_COUNTED else "",
        identity={"lives_on": lives_on},
        **_origin(one.tenant_id, shard, known),
    )


def schema(one: SchemaTrace, shard: str, known: Known) -> Leftover | None:
    lives_on = known.placed.get(one.tenant_id, "")
    if one.listed or lives_on == shard or known.being_moved(one.tenant_id):
        return None
    whose = f"tenant {one.tenant_id}" if one.tenant_id else "a tenant that it does not name"
    return Leftover(
        sort=Sort.TENANT_SCHEMA,
        name=one.name,
        sentence=f"The schema of {whose}, which this shard does not list.",
        bytes=one.bytes,
        refusal="" if lives_on else ONLY_ONES.format(tenant=one.tenant_id or "its tenant"),
        identity={"tenant": one.tenant_id, "lives_on": lives_on},
        **_origin(one.tenant_id, shard, known),
    )


def vm_rows(one: VmRowsTrace) -> Leftover:
    audit = "An audit trail may outlive its VM: who keeps it has to decide."
    return Leftover(
        sort=Sort.VM_ROWS,
        name=one.table,
        sentence=f"Rows of {one.table}, older than an hour, whose VM is not in vms.",
        origin=ORIGIN,
        rows=one.rows,
        about="about" if one.sampled else "",
        refusal=audit if one.table == "vm_audit" else "",
    )
