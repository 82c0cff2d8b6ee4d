"""`cache-warm`: everything of a tenant on a real shard is cached afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.library.tiers import MISS
from novaops.operations.models import Operation
from shards.placement.models import Placement
from tests import on_shard
from tests.leftovers.tenants import clear, place, settle
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster, _whole
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARD, VMS = "shard-1", 30


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    tenant = f"warm-{uuid4()}"
    with tenant_context(scene.fleet), on_shard.session(SHARD) as leader:
        wait_for(lambda: _whole(_cluster()), "a whole Redis Cluster", HEALTHY_SECONDS)
        settle(leader, tenant, VMS)
        place(tenant, SHARD, vms=VMS)
        found = leader.execute("SELECT id FROM vms_hot WHERE tenant_id = %s", (tenant,)).fetchall()
    vms = [str(row[0]) for row in found]

    def violations(operation: Operation) -> list[str]:
        tiers = tiers_of(scene.fleet, lambda tenant: SHARD)
        missing = [vm for vm in vms if tiers.get("vm", tenant, vm) is MISS]
        tiers.close()
        return [f"{len(missing)} of {len(vms)} VMs are not cached."] if missing else []

    try:
        yield Case(kind="cache-warm", parameters=lambda way: {"tenant": tenant}, violations=violations)
    finally:
        with tenant_context(scene.fleet), on_shard.session(SHARD) as leader:
            clear(leader, tenant)
            Placement.objects.filter(tenant_id=tenant).delete()


# Before anything of the tenant is loaded, and when its VMs are.
SUBJECT = Subject(
    kind="cache-warm",
    make=make,
    steps=1,
    calls=(Call(0, "caching.warm.steps:asks"), Call(0, "caching.warm.steps:asks", 2)),
)
