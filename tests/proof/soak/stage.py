"""What a soak acts on: the sandbox's servers in a fleet of a control database of its own, and people who may act."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.db import connection
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from tests import control_database
from tests.proof import addresses, kinds, ledger, turn
from tests.proof.scene import Scene

FLEET = "alpha"
# Long enough for a worker that waits for a server; where a lease has to run out, the soak says so.
LEASE_SECONDS = "20"


@contextmanager
def prepared(state: Path) -> Iterator[Scene]:
    control_database.create()
    try:
        os.environ["NOVAOPS_DATABASE_URL"] = control_database.url()
        os.environ[ledger.ADDRESS] = addresses.of_leader(state)
        kinds.register()
        fleet = _with_servers(state)
        with TemporaryDirectory(prefix="novaops-soak-") as folder:
            turn.prepare({"NOVAOPS_LEASE_SECONDS": LEASE_SECONDS, turn.LOG: str(log_in(Path(folder)))})
            scene = Scene(fleet, person("operator", fleet), person("approver", fleet), Path(folder))
            try:
                yield scene
            finally:
                scene.kill_workers()
    finally:
        connection.close()
        control_database.drop()


def log_in(folder: Path) -> Path:
    """What the workers of single turns write."""
    return folder / "workers.log"


def _with_servers(state: Path) -> Fleet:
    fleet = Fleet.objects.get(slug=FLEET)
    described = reading.read(state / "fleet.yml").model_copy(update={"fleet": fleet.slug, "name": fleet.name})
    with tenant_context(fleet):
        import_fleet(described, state)
    call_command("dataplane", "migrate", "--fleet", fleet.slug, verbosity=0)
    return fleet


def person(role: str, fleet: Fleet) -> Person:
    """The one who has that role, and is named like it."""
    known, new = Person.objects.get_or_create(username=role)
    if new:
        with tenant_context(fleet):
            Membership.objects.create(person=known, fleet=fleet, role=Role(role))
    return known
