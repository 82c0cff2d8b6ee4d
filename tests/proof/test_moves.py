"""A move under a ledger's clients: its worker dies in the pause, and before that the pool of the shard that it leaves.
`script/soak moves` has all other kills, at each moment."""

import pytest

from novaops.sandbox.control import Client
from tests.moves.faults.cells import COPY, DECIDED, PAUSE, Cell, attempt
from tests.moves.faults.shots import Shot
from tests.proof.scene import Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live_fleet")]
SHOTS = ((COPY, Shot.SENDERS_POOL), (PAUSE, Shot.WORKER), (DECIDED, Shot.WORKER))


def test_nothing_is_lost_when_a_pool_and_workers_are_killed(scene: Scene, restored: Client) -> None:
    cell = Cell("tenant-move", SHOTS, own_schema=False, seed=1)
    assert attempt(cell, scene, restored, print).run() == []
