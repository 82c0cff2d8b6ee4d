"""One shard in one mode: operations on it, carried out in this process, and what is seen of it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics import findings, selectors
from metrics.contract import Finding, Severity
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from novaops.sandbox.control import Client
from shards.replication.maintenance import following, live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.seen import ShardTopology
from shards.replication.topology import topologies
from tests.replication.faults.scene import Scene
from tests.waiting import wait_for

WHOLE_SECONDS = 180
PAGES = {"replication", "pools"}


@dataclass
class Trial:
    """`lines` is what was seen, kind by kind; `problems` what should not have been."""

    scene: Scene
    shard: str
    mode: str
    people: Mapping[str, Person]
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def servers(self) -> Client:
        return self.scene.servers

    @property
    def pool(self) -> str:
        return f"{self.shard}-pool"

    def say(self, text: str) -> None:
        self.lines.append(text)
        print(f"  {text}", flush=True)

    def wrong(self, text: str) -> None:
        self.problems.append(text)
        print(f"  PROBLEM {text}", flush=True)

    def facts(self) -> ClusterFacts:
        return live.read(self.shard)

    def whole(self) -> ClusterFacts:
        """Once all members are back and in step, and as many confirm as the mode asks for."""
        found = wait_for(self._whole, f"{self.shard} with all members in step", WHOLE_SECONDS)
        assert found is not None
        return found

    def _whole(self) -> ClusterFacts | None:
        facts = self.facts()
        well = not facts.problem and not facts.silent and not facts.cluster.paused
        return facts if well and not any(following.lacks(facts, one.name) for one in facts.cluster.members) else None

    def leader(self) -> str:
        found = self.whole().leader
        assert found is not None
        return found.name

    def replicas(self, *, synchronous: bool | None = None) -> list[str]:
        members = [one for one in self.whole().cluster.members if not one.leads]
        return [one.name for one in members if synchronous is None or one.synchronous is synchronous]

    def ask(self, kind: str, **parameters: Any) -> Operation:
        known = {} if kind.startswith("pool-") else {"shard": self.shard}
        return services.request(kind, {**known, **parameters}, self.people["operator"], "Trial of the modes.")

    def done(self, kind: str, **parameters: Any) -> Operation:
        """Requested, confirmed, approved as often as that is asked for, carried out; it has to be done."""
        return self.carried(self.ask(kind, **parameters))

    def taken_back(self, operation: Operation) -> Operation:
        return self.carried(services.take_back(operation, self.people["operator"], "The trial is over."))

    def carried(self, asked: Operation) -> Operation:
        began = time.monotonic()
        if asked.status == "planned":
            services.confirm(asked, self.people["operator"], asked.plan.confirm)
            for name in ("approver", "second"):
                asked.refresh_from_db()
                if asked.status == "waiting":
                    services.approve(asked, self.people[name])
            execute(asked.pk)
            asked.refresh_from_db()
        said = f"{asked.kind}: {asked.outcome} [{time.monotonic() - began:.1f} s]"
        self.say(said)
        if asked.status != "done":
            steps = [f"{one.key}: {one.status} {one.error}" for one in asked.steps.all()]
            self.wrong(f"{asked.kind} is {asked.status}: {asked.outcome} {' | '.join(steps)}")
        return asked

    def turn_to(self, mode: str) -> None:
        """By its own kind; what is so already is nothing to do."""
        self.whole()
        self.done("synchronous-mode", mode=mode, nodes=1)
        self.whole()

    def topology(self) -> ShardTopology:
        return next(one for one in topologies(selectors.snapshot()) if one.shard.name == self.shard)

    def findings(self) -> tuple[Finding, ...]:
        seen = selectors.snapshot()
        found = findings.current(seen, timezone.now())
        return tuple(
            one for one in found if one.page in PAGES and self.shard in one.sentence and one.severity > Severity.INFO
        )


@contextmanager
def people(fleet: Fleet) -> Iterator[dict[str, Person]]:
    """An operator and two who approve, in the fleet's own context."""
    roles = {"operator": Role.OPERATOR, "approver": Role.APPROVER, "second": Role.APPROVER}
    with tenant_context(fleet):
        made = {name: Person.objects.create_user(name) for name in roles}
        for name, role in roles.items():
            Membership.objects.create(person=made[name], fleet=fleet, role=role)
        yield made
