"""A fleet in the console's book alone: two shards, the first of which has all tenants, and workers that move them."""

import pytest
from django.utils import timezone

from novaops.fleets.models import Person
from novaops.inventory.models import Shard
from novaops.operations import registry, services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.placement.models import Placement
from shards.rebalancing import kind_gather, kind_steps
from shards.rebalancing.measuring import stored
from tests.rebalancing.moving import Moving

MB = 1_000_000


def open_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes as counted last; whoever waits for a move lets a worker carry out what is queued."""
    monkeypatch.setattr(registry, "_kinds", {**registry._kinds, Moving.name: Moving()})
    monkeypatch.setattr(kind_steps, "KIND", Moving.name)
    monkeypatch.setattr(kind_steps, "CONFIRM_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(kind_steps, "pause", work)
    monkeypatch.setattr(kind_gather, "live", stored)
    monkeypatch.setattr(kind_steps, "live", stored)


def work() -> None:
    for number in Operation.objects.filter(kind=Moving.name, status="queued").values_list("pk", flat=True):
        execute(number)


def fill(tenants: int) -> None:
    for number in (1, 2):
        Shard.objects.create(name=f"shard-{number}", cluster=f"shard-{number}", database="novacron")
    for number in range(tenants):
        place(f"t{number}", (10 + number) * MB)


def place(tenant: str, size: int, shard: str = "shard-1") -> None:
    home = Shard.objects.get(name=shard)
    Placement.objects.create(tenant_id=tenant, name=tenant, shard=home, bytes=size, vms=1, since=timezone.now())


def on(shard: str) -> set[str]:
    return set(Placement.objects.filter(shard__name=shard).values_list("tenant_id", flat=True))


def begun(person: Person, kind: str = "rebalance", **parameters: object) -> Operation:
    """Confirmed, and past its approval."""
    operation = services.request(kind, parameters, person, "To see.")
    assert operation.status == "planned", operation.outcome
    services.confirm(operation, person, operation.plan.confirm)
    Operation.objects.filter(pk=operation.pk).update(approvals_needed=0, status="queued", queued_at=timezone.now())
    return operation
