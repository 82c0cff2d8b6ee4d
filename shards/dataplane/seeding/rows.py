"""The demo's rows as lines of COPY's text format: deterministic for a tenant and a day."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from shards.dataplane.seeding.plan import Tenant

NODES_PER_ZONE = 16
ZONES = ("zone-a", "zone-b", "zone-c")
ROLES = ("web", "api", "db", "cache", "queue", "batch", "build", "edge", "auth", "search")
STATES, STATE_WEIGHTS = (3, 5, 4, 2, 7, 8), (78, 13, 3, 1, 1, 4)
PROFILE_WEIGHTS = (12, 14, 16, 18, 10, 10, 8, 8, 4)
DELETED = 8
NULL = r"\N"


class Vm(NamedTuple):
    """A VM as its several rows need it."""

    id: str
    name: str
    state: int
    node: str
    owner: str
    profile: int
    created: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Possessions:
    """What one tenant owns."""

    tenant: Tenant
    created: datetime
    users: tuple[str, ...]
    vms: tuple[Vm, ...]


def node_ids() -> list[str]:
    random = Random("novacron nodes")  # noqa: S311
    return [_uuid(random) for _ in range(NODES_PER_ZONE * len(ZONES))]


def possessions(tenant: Tenant, today: datetime) -> Possessions:
    """Users and VMs of a tenant, the same whenever they are asked for on one day."""
    random = Random(f"novacron {tenant.tenant_id}")  # noqa: S311
    # Tenants with a schema came later, so that their schemas need few partitions.
    age = random.randint(70, 110) if tenant.schema_name else random.randint(150, 330)
    users = tuple(_uuid(random) for _ in range(min(25, 2 + tenant.vms // 40)))
    nodes = node_ids()
    vms = sorted(_vm(random, number, age, users, nodes, today) for number in range(tenant.vms))
    return Possessions(tenant, today - timedelta(days=age + 1), users, tuple(vms))


def _vm(random: Random, number: int, age: int, users: tuple[str, ...], nodes: list[str], today: datetime) -> Vm:
    created = today - timedelta(seconds=random.random() ** 1.4 * age * 86_400)
    role = random.choice(ROLES)
    return Vm(
        id=_uuid(random),
        name=f"{role}-{number + 1:04}",
        state=random.choices(STATES, STATE_WEIGHTS)[0],
        node=random.choice(nodes),
        owner=random.choice(users),
        profile=random.choices(range(1, 10), PROFILE_WEIGHTS)[0],
        created=created,
        changed=created + (today - created) * random.random(),
    )


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def node_lines() -> Iterator[str]:
    for number, node in enumerate(node_ids()):
        zone, place = ZONES[number % len(ZONES)], number // len(ZONES) + 1
        yield f"{node}\t{zone}-node-{place:02}\t{zone}\t64\t262144\n"


def tenant_lines(owned: list[Possessions]) -> Iterator[str]:
    for each in owned:
        tenant = each.tenant
        yield (
            f"{tenant.tenant_id}\t{tenant.name}\t{tenant.isolation}\t{tenant.schema_name or NULL}"
            f"\t{each.created.isoformat()}\n"
        )


def user_lines(owned: Possessions) -> Iterator[str]:
    for number, user in enumerate(owned.users):
        role = ("owner", "admin", "member")[min(number, 2)]
        domain = f"{owned.tenant.tenant_id}.example"
        yield f"{owned.tenant.tenant_id}\t{user}\tperson{number + 1}@{domain}\tPerson {number + 1}\t{role}\n"


def vm_lines(owned: Possessions) -> Iterator[str]:
    for vm in owned.vms:
        changed = vm.changed.isoformat()
        yield (
            f"{owned.tenant.tenant_id}\t{vm.id}\t{vm.name}\t{vm.state}\t{vm.node}\t{vm.owner}\t{vm.profile}"
            f"\t{vm.created.isoformat()}\t{changed}\t{changed if vm.state == DELETED else NULL}\n"
        )


def hot_lines(owned: Possessions) -> Iterator[str]:
    for number, vm in enumerate(owned.vms):
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        yield (
            f"{owned.tenant.tenant_id}\t{vm.id}\t{vm.name}\t{vm.state}\t{vm.node}\t{address}"
            f"\t{vm.changed.isoformat()}\n"
        )


def cold_lines(owned: Possessions) -> Iterator[str]:
    for vm in owned.vms:
        role = vm.name.partition("-")[0]
        config = json.dumps(
            {"image": f"debian-12-{role}", "disks": [{"gb": 40, "kind": "ssd"}], "networks": ["internal"]}
        )
        metadata = json.dumps({"environment": "production" if vm.profile > 3 else "staging", "team": f"team {role}"})
        yield f"{owned.tenant.tenant_id}\t{vm.id}\t{config}\t{metadata}\t{vm.created.isoformat()}\t{vm.owner}\n"


def audit_lines(owned: Possessions) -> Iterator[str]:
    for vm in owned.vms:
        yield f"{owned.tenant.tenant_id}\t{vm.id}\t{vm.created.isoformat()}\t{vm.owner}\tcreated\n"
