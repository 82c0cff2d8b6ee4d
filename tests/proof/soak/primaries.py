"""A cache flush while a Redis primary dies in the middle of it."""

from collections.abc import Iterator
from functools import partial

from django_tenants.utils import tenant_context

from caching.flush.topology import primaries
from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from tests.proof.cases import flush
from tests.proof.faults import Mishap, Way
from tests.proof.scene import Scene
from tests.proof.soak.attempt import Attempt
from tests.proof.soak.matrix import tried


def attempts(scene: Scene, servers: Client) -> Iterator[Attempt]:
    for call in flush.SUBJECT.calls:
        fault = call.fault(Mishap.HOLD)
        event = partial(_kill_a_primary, scene, servers)
        run = partial(tried, scene, flush.SUBJECT, Way.FORWARD, fault, event)
        yield Attempt(flush.SUBJECT.kind, "Redis primary killed", fault.name, run)


def _kill_a_primary(scene: Scene, servers: Client, operation: Operation) -> None:
    with tenant_context(scene.fleet):
        victim = primaries()[0].target.name
    servers.kill(victim)
