"""kill -9 of a leader that clients write to: what the history tells of it afterwards, on its page and by the API."""

import time
from contextlib import ExitStack
from typing import Any

from django.test import Client
from django_tenants.utils import tenant_context

from novaops.fleets.models import Membership, Person
from novaops.fleets.rights import Role
from novaops.inventory.selectors import pool_of, targets_of
from novaops.inventory.targets import Target
from tests.replication.faults.scene import Scene
from tests.replication.pool_clients import Written, present, writing
from tests.waiting import wait_for

MEASURED_WITHIN = 180.0
# Between the write of a client and the word that it was done.
MOMENT = 0.5


class KilledLeader:
    """`make` breaks it, `told` is what the history says once it is whole."""

    def __init__(self) -> None:
        self.written = Written()
        self.leader, self.killed_at = "", 0.0

    def make(self, scene: Scene, mending: ExitStack) -> None:
        self.leader = scene.leader()
        with tenant_context(scene.fleet):
            self.written = mending.enter_context(writing(pool_of(_shard(scene)), _server(scene, self.leader)))
        mending.callback(scene.wait_whole)  # a client whose write waits for a standby ends when there is one
        self.killed_at = time.monotonic()
        scene.servers.kill(self.leader, tree=True)

    def told(self, scene: Scene) -> str:
        away = self.written.gap_ms(self.killed_at, float("inf")) / 1000
        with tenant_context(scene.fleet):
            lost = self.written.lost(present(pool_of(_shard(scene)), _server(scene, scene.leader())))
        browser = _browser(scene)
        one = wait_for(lambda: _measured(scene, browser), "the takeover to be measured", MEASURED_WITHIN)
        assert one is not None and one["asked_for"] is False and one["old_leader"] == self.leader, one
        least, most = one["gap_least_seconds"], one["gap_most_seconds"]
        assert least - MOMENT <= away <= most + MOMENT, (away, one)
        assert not lost and one["lost_bytes"] is not None, (lost[:3], one)
        page = browser.get(f"/fleets/{scene.fleet.slug}/replication/history/?shard={_shard(scene)}&who=itself").text
        assert f"{one['new_leader']} took over from {self.leader}" in page and "By itself" in page
        return (
            f"History: writes away for {least:.1f} to {most:.1f} s, by the clients {away:.1f} s; "
            f"{one['lost_bytes']} bytes lost, by the clients {len(lost)} writes."
        )


def _measured(scene: Scene, browser: Client) -> dict[str, Any] | None:
    query = {"shard": _shard(scene), "who": "itself"}
    newest: dict[str, Any] = browser.get(f"/fleets/{scene.fleet.slug}/api/leader-history", query).json()["switches"][0]
    leader = scene.cluster().leader
    told = leader is not None and newest["timeline"] == leader.timeline and newest["gap_most_seconds"] is not None
    return newest if told else None


def _browser(scene: Scene) -> Client:
    """Somebody who may look is signed in."""
    viewer, new = Person.objects.get_or_create(username="viewer")
    if new:
        with tenant_context(scene.fleet):
            Membership.objects.create(person=viewer, fleet=scene.fleet, role=Role.VIEWER)
    browser = Client(headers={"host": "127.0.0.1"})
    browser.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _shard(scene: Scene) -> str:
    return scene.layout.shards[0].name


def _server(scene: Scene, name: str) -> Target:
    return next(target for target in targets_of(_shard(scene), "postgres") if target.name == name)
