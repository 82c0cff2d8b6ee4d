"""`manage.py ways_back`, twice: what the tenant writes on its new shard comes to its old one, whichever of the two
processes is killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.choices import Status
from shards.moves.models import Move
from shards.moves.streams import Stream
from tests import control_database
from tests.conftest import MakePerson
from tests.killing import ROOT
from tests.moves import two_shards
from tests.moves.tenants import Leader, left_of, placed
from tests.moves.test_move import carried_out
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.in_shared_tables("novaops way back tests", 1)
WRITE = "UPDATE vms_hot SET name = %s WHERE tenant_id = %s"
READ = "SELECT DISTINCT name FROM vms_hot WHERE tenant_id = %s"


@pytest.fixture
def processes(live_fleet: Fleet) -> Iterator[dict[int, "subprocess.Popen[bytes]"]]:
    """By their numbers."""
    told = {**os.environ, "NOVAOPS_DATABASE_URL": control_database.url()}
    words = [sys.executable, "manage.py", "ways_back"]
    started = [subprocess.Popen(words, cwd=ROOT, env=told) for _ in range(2)]
    yield {one.pid: one for one in started}
    for one in started:
        one.kill()
        one.wait(60)


def holder(move: Move) -> int:
    move.refresh_from_db()
    return int(move.followed_by.split(":")[1]) if move.followed_by else 0


def write(new: Leader, old: Leader, stream: Stream, name: str) -> None:
    """On the new shard; returns when it is on the old one too."""
    new.execute(WRITE, (name, stream.tenant_id))
    wait_for(lambda: old.execute(READ, (stream.tenant_id,)).fetchall() == [(name,)], f"{name} on the old shard")


def test_one_takes_over_what_the_other_kept(
    live_fleet: Fleet, person: MakePerson, processes: dict[int, "subprocess.Popen[bytes]"]
) -> None:
    with tenant_context(live_fleet), placed(STREAM, vms=20) as (old, new):
        moved = carried_out(person, "tenant-move", tenant=STREAM.tenant_id, target=STREAM.receiver)
        assert moved.status == Status.DONE, moved.outcome
        move = Move.objects.get(operation=moved)
        first = wait_for(lambda: holder(move), "a process to keep the way back")
        write(new, old, STREAM, "while the first keeps it")
        processes[first].kill()
        processes.pop(first).wait(60)
        # The lease of a process that is gone runs out, as it would with time.
        Move.objects.filter(pk=move.pk).update(followed_until=timezone.now() - timedelta(seconds=1))
        [second] = processes
        wait_for(lambda: holder(move) == second, "the other process to take over")
        write(new, old, STREAM, "while the second keeps it")
        back = carried_out(person, "tenant-move-back", operation=moved.pk)
        assert back.status == Status.DONE, back.outcome
        assert old.execute(READ, (STREAM.tenant_id,)).fetchall() == [("while the second keeps it",)]
        assert not left_of(move, old, new)
