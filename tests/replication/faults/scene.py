"""A fleet whose servers are broken here, watched by a collector, in a control database of its own."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django_tenants.utils import tenant_context

from metrics import findings, selectors
from metrics.collector.loop import Collector
from metrics.contract import Finding, Severity
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from novaops.inventory.targets import Login, Target
from novaops.sandbox import account, binaries, choices, shard_health
from novaops.sandbox.control import Client
from novaops.sandbox.layout import HOST, Layout, Member
from novaops.sandbox.site import Site
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from shards.exceptions import ShardError
from tests import control_database
from tests.waiting import wait_for

FLEET = "alpha"
WHOLE_WITHIN = 180


@dataclass(frozen=True)
class Scene:
    """`shard` is the first one of the sandbox in `state`."""

    state: Path
    fleet: Fleet

    @cached_property
    def servers(self) -> Client:
        return Client(self.state)

    @cached_property
    def layout(self) -> Layout:
        return choices.load(self.state).layout(self.state)

    @cached_property
    def site(self) -> Site:
        return Site(self.layout, binaries.find(self.layout), account.find(self.state))

    @property
    def members(self) -> tuple[Member, ...]:
        return self.layout.shards[0].members

    def member(self, name: str) -> Member:
        return next(one for one in self.members if one.name == name)

    def patroni(self, name: str) -> Patroni:
        port = self.member(name).patroni
        login = Login("patroni", self.site.secret("patroni"))
        return Patroni(Target(0, "patroni", name, HOST, port, url=f"http://{HOST}:{port}", login=login))

    def cluster(self) -> Cluster:
        for one in self.members:
            try:
                return self.patroni(one.name).cluster()
            except ShardError:
                continue
        raise AssertionError("No member of the shard answers.")

    def leader(self) -> str:
        found = self.cluster().leader
        assert found is not None, "the shard has no leader"
        return found.name

    def standby(self) -> str:
        return next(one.name for one in self.cluster().members if one.synchronous)

    def replica(self) -> str:
        """The asynchronous one."""
        return next(one.name for one in self.cluster().members if not one.leads and not one.synchronous)

    def connect(self, name: str, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """As the superuser, to the shard's database."""
        return psycopg.connect(
            host=HOST, port=self.member(name).postgres, user="postgres", password=self.site.secret("postgres"),
            dbname="novacron", autocommit=True, connect_timeout=3, **options,
        )  # fmt: skip

    def sql(self, name: str, *statements: str) -> None:
        with self.connect(name) as session:
            for statement in statements:
                session.execute(statement.encode())

    def wait_whole(self) -> None:
        shard = self.layout.shards[0]
        wait_for(lambda: shard_health.incomplete(shard) is None, "a whole shard", WHOLE_WITHIN)

    def findings(self) -> tuple[Finding, ...]:
        """About replication and being asked; caches and partitions are left out."""
        with tenant_context(self.fleet):
            snapshot = selectors.snapshot()
            found = findings.current(snapshot, snapshot.at)
        return tuple(one for one in found if one.page in {"replication", "leftovers"} and "dataplane" not in one.key)

    def wait_unsaid(self, name: str) -> None:
        """Until nothing is said of the member any more, as of one that was started anew to be broken next."""
        what = f"nothing to be said of {name}"
        wait_for(lambda: all(one.severity <= Severity.INFO for one in self.findings() if one.subject == name), what)

    def changes_of_leader(self) -> list[Record]:
        with tenant_context(self.fleet):
            return list(Record.objects.filter(verb="leader changed").order_by("sequence"))


@contextmanager
def prepared(state: Path) -> Iterator[Scene]:
    """The scene with a collector at work."""
    control_database.create()
    stop = threading.Event()
    try:
        os.environ["NOVAOPS_DATABASE_URL"] = control_database.url()
        fleet = Fleet.objects.get(slug=FLEET)
        described = reading.read(state / "fleet.yml").model_copy(update={"fleet": fleet.slug, "name": fleet.name})
        with tenant_context(fleet):
            import_fleet(described, state)
        collecting = threading.Thread(target=_collect, args=(stop,), daemon=True)
        collecting.start()
        yield Scene(state, fleet)
        stop.set()
        collecting.join(20)
    finally:
        stop.set()
        connection.close()
        control_database.drop()


def _collect(stop: threading.Event) -> None:
    try:
        Collector().run(stop)
    finally:
        connection.close()
