"""The change stream through changes of leader, in any mode: nothing is read stale, and it goes on where it was."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from django.core.management import call_command
from django_tenants.utils import tenant_context

from caching.exceptions import CacheError
from caching.stream.models import PartState, StreamPart, StreamSlot
from caching.stream.names import slot_of
from caching.stream.road import Road
from novaops.audit.models import Record
from novaops.inventory.targets import Target
from shards.replication.maintenance import live
from shards.replication.switchover.kept_slots import missing
from tests.caching.coherence.places import Places
from tests.caching.coherence.trial import trial as coherence
from tests.control_database import ROOT
from tests.ending import tied
from tests.replication.modes.trial import Trial
from tests.waiting import wait_for

ANEW = "change stream begun anew"


def stream(trial: Trial) -> None:
    """Two switchovers; in a synchronous mode a killed leader too (what an asynchronous one loses then is lost), and the
    stream goes on where it was. In an asynchronous one everything is old after each change of leader, by intent."""
    asynchronous = trial.mode == "off"
    with _streaming(trial):
        begun = Record.objects.filter(verb=ANEW).count()
        faults: list[Callable[[], object]] = [lambda: _switch(trial), lambda: _switch(trial)]
        if not asynchronous:
            faults.append(lambda: trial.servers.kill(trial.leader(), tree=True))
        reached = partial(_reached, trial)
        verdict = coherence(
            trial.scene.state, faults, fleet=trial.scene.fleet.slug, calm=0.5, patience=300, reached=reached
        )
        anew = list(Record.objects.filter(verb=ANEW).order_by("sequence").values_list("outcome", flat=True))[begun:]
        trial.say(f"stream: {verdict} Begun anew: {len(anew)} times.")
        if verdict.stale:
            trial.wrong(f"stale: {verdict.stale[0]}")
        if anew and not asynchronous:
            trial.wrong(f"The change stream has begun anew: {anew[0]}")
    trial.whole()


def _reached(trial: Trial, position: int) -> bool:
    """As the console itself knows it: written down by whoever reads now, and nobody is owed a notice."""
    with tenant_context(trial.scene.fleet):
        rows = StreamSlot.objects.filter(shard=trial.shard, owed=False, confirmed_lsn__gte=position)
        return rows.exists()


def _switch(trial: Trial) -> None:
    trial.done("switchover", candidate=[*trial.replicas(synchronous=True), *trial.replicas()][0])


@contextmanager
def _streaming(trial: Trial) -> Iterator[None]:
    """A process with all parts of the stream at work, and its slot on every member; nothing of it stays."""
    fleet = trial.scene.fleet.slug
    call_command("dataplane", "migrate", "--fleet", fleet, verbosity=0)
    words = [sys.executable, "manage.py", "change_stream", "all"]
    process = subprocess.Popen(tied(words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(_all_work, "the change stream to work", 180)
        for name in trial.facts().words:
            wait_for(
                partial(_copied, live.target("postgres", trial.shard, name), slot_of(fleet)), f"its slot on {name}", 120
            )
        trial.whole()
        yield
    finally:
        process.terminate()
        process.wait(60)
        trial.scene.patroni(trial.leader()).configure({"slots": {slot_of(fleet): None}})
        road = Road(fleet, Places.of(trial.scene.state).jetstream())
        with suppress(CacheError):  # it is not there, where the process did not come as far
            road.jetstream.delete(road.stream)
        road.close()
        trial.whole()


def _copied(member: Target, slot: str) -> bool:
    return not missing(member, (slot,))


def _all_work() -> bool:
    states = list(StreamPart.objects.values_list("state", flat=True))
    return bool(states) and set(states) == {PartState.WORKING}
