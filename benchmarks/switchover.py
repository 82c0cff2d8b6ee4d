"""How long writes pause when a shard's leader changes: a switchover of NovaOps beside `patronictl switchover` alone.

Eight clients write through the shard's pool, in a process of their own, and connect again when they are refused. Both
ways alternate, to and fro between the leader and its synchronous standby. A gap is what clients see: the longest time
without any acknowledged write. At the end every acknowledged write is looked for on the leader."""

import math
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django_tenants.utils import tenant_context

from benchmarks.environment import FLEET, Environment
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.inventory import reading
from novaops.inventory.selectors import pool_of, targets_of
from novaops.inventory.services import import_fleet
from novaops.inventory.targets import Target
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.runner import execute
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from tests.pool_guards import guard_process
from tests.replication.pool_clients import Written, present, writing
from tests.waiting import wait_for

SHARD = "shard-2"
ROUNDS = int(os.environ.get("NOVAOPS_BENCH_ROUNDS", "10"))
NOVAOPS, PATRONICTL = "novaops", "patronictl"
# Clients are watched for so long around each change, before and after.
MARGIN_SECONDS = 1.0


@dataclass
class Seen:
    """What the clients saw of one way's rounds."""

    gaps: list[float] = field(default_factory=list)
    errors: int = 0


def main(environment: Environment) -> dict[str, object]:
    described = reading.read(environment.state / "fleet.yml").model_copy(update={"fleet": FLEET, "name": FLEET})
    import_fleet(described, environment.state)
    fleet = Fleet.objects.get(slug=FLEET)
    with tenant_context(fleet), guard_process():
        operator, approver = _person(fleet, Role.OPERATOR), _person(fleet, Role.APPROVER)
        ways = {
            NOVAOPS: lambda leader, candidate: _by_novaops(operator, approver, candidate),
            PATRONICTL: lambda leader, candidate: _by_patronictl(environment.state, leader, candidate),
        }
        seen = {name: Seen() for name in ways}
        lost = sum(_round(name, way, seen[name]) for _ in range(ROUNDS) for name, way in ways.items())
    return _figures(seen, lost)


def _round(name: str, way: Callable[[str, str], None], seen: Seen) -> int:
    """One change of leader under clients; returns how many acknowledged writes are gone."""
    cluster = wait_for(lambda: _ready(_cluster()), f"{SHARD} with a leader and a synchronous standby", 180)
    assert cluster and cluster.leader
    leader = cluster.leader.name
    candidate = next(member.name for member in cluster.members if member.synchronous)
    pool = pool_of(SHARD)
    with writing(pool, _server(leader)) as written:
        time.sleep(MARGIN_SECONDS)
        began = time.monotonic()
        way(leader, candidate)
        time.sleep(MARGIN_SECONDS)
        ended = time.monotonic()
    missing = len(written.lost(present(pool, _server(candidate))))
    _noted(name, written, seen, began, ended)
    return missing


def _noted(name: str, written: Written, seen: Seen, began: float, ended: float) -> None:
    gap, errors = written.gap_ms(began, ended), len(written.errors)
    seen.gaps.append(gap)
    seen.errors += errors
    print(f"{name}: gap {gap} ms, {errors} errors, {len(written.acknowledged)} writes", flush=True)


def _by_novaops(operator: Person, approver: Person, candidate: str) -> None:
    asked = services.request("switchover", {"shard": SHARD, "candidate": candidate}, operator, "A benchmark.")
    assert asked.status == Status.PLANNED, asked.outcome
    if services.confirm(asked, operator, asked.plan.confirm).status != Status.QUEUED:
        services.approve(asked, approver)
    execute(asked.pk)
    asked.refresh_from_db()
    assert asked.status == Status.DONE, asked.outcome


def _by_patronictl(state: Path, leader: str, candidate: str) -> None:
    """And until the clients are through to the new leader, as settling is for NovaOps."""
    file = state / "servers" / leader / "patroni.yml"
    argv = ["patronictl", "-c", str(file), "switchover", SHARD, "--leader", leader, "--candidate", candidate, "--force"]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    wait_for(lambda: _leads(candidate), f"{candidate} as leader after {said.stdout} {said.stderr}")
    wait_for(lambda: _ready(_cluster()), "replicas that follow it", 180)


def _leads(candidate: str) -> bool:
    leader = _cluster().leader
    return leader is not None and leader.name == candidate


def _cluster() -> Cluster:
    return Patroni(targets_of(SHARD, "patroni")[0]).cluster()


def _ready(cluster: Cluster) -> Cluster | None:
    """Where all follow on one timeline and one of them is in sync."""
    timelines = {member.timeline for member in cluster.members if member.healthy}
    well = len(timelines) == 1 and all(member.healthy for member in cluster.members) and cluster.leader
    return cluster if well and any(member.synchronous for member in cluster.members) else None


def _server(name: str) -> Target:
    return next(target for target in targets_of(SHARD, "postgres") if target.name == name)


def _figures(seen: dict[str, Seen], lost: int) -> dict[str, object]:
    ours, theirs = seen[NOVAOPS], seen[PATRONICTL]
    return {
        "rounds": len(ours.gaps),
        "gap_p50_ms": _part(ours.gaps, 0.5),
        "gap_p95_ms": _part(ours.gaps, 0.95),
        "patronictl_gap_p50_ms": _part(theirs.gaps, 0.5),
        "patronictl_gap_p95_ms": _part(theirs.gaps, 0.95),
        "client_errors": ours.errors,
        "patronictl_client_errors": theirs.errors,
        "lost_writes": lost,
    }


def _part(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def _person(fleet: Fleet, role: Role) -> Person:
    person = Person.objects.create_user(f"bench-{role.value}")
    Membership.objects.create(person=person, fleet=fleet, role=role)
    return person
