"""Maintenance of a real shard: a replica restarts once, is built anew once, a configuration is changed and taken back,
a pause has one owner, a slot is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django_tenants.utils import tenant_context

from novaops.inventory.selectors import targets_of
from novaops.operations.models import Operation
from shards.clients.patroni import Patroni
from shards.replication.maintenance import following, live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.pause_models import FailoverPause, open_pause
from shards.replication.maintenance.slots_order import gather
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.faults import Way
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARD = "shard-1"
READY_SECONDS = 180
SLOT = "novaops_proof"
ROOM = "shards.replication.maintenance"
Judge = Callable[[ClusterFacts, ClusterFacts, Operation], list[str]]


def _ready() -> ClusterFacts:
    def look() -> ClusterFacts | None:
        facts = live.read_to_change(SHARD)
        well = not facts.problem and not facts.silent
        return facts if well and not any(following.lacks(facts, one.name) for one in facts.cluster.members) else None

    found = wait_for(look, f"{SHARD} with all members in step", READY_SECONDS)
    assert found is not None
    return found


def _replica(facts: ClusterFacts) -> str:
    return next(one.name for one in facts.cluster.members if not one.leads and not one.synchronous)


def _restore() -> None:
    """As it was: managed, with no slot and no setting of this case."""
    api = Patroni(targets_of(SHARD, "patroni")[0])
    api.configure({"pause": None, "max_timelines_history": None, "slots": {SLOT: None}})
    FailoverPause.objects.filter(shard=SHARD, ended_at=None).update(ended_at="2000-01-01T00:00:00Z")
    wait_for(lambda: SLOT not in gather(SHARD).slots, f"{SLOT} to go", READY_SECONDS)


def _subject(
    kind: str,
    parameters: Callable[[ClusterFacts], dict[str, Any]],
    judge: Judge,
    steps: int,
    calls: tuple[Call, ...],
    back: int = 0,
) -> Subject:
    @contextmanager
    def make(scene: Scene) -> Iterator[Case]:
        with tenant_context(scene.fleet):
            before = _ready()
        wanted = {"shard": SHARD, **parameters(before)}

        def violations(operation: Operation) -> list[str]:
            with tenant_context(scene.fleet):
                return judge(before, _ready(), operation)

        def asked(way: Way) -> dict[str, Any]:
            return wanted

        try:
            yield Case(kind=kind, parameters=asked, violations=violations, cancel_after=0 if back else None)
        finally:
            with tenant_context(scene.fleet):
                _restore()

    return Subject(kind=kind, make=make, steps=steps, back=back, calls=calls)


def _restarted(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    name = _replica(before)
    same = now.word(name).status.started_at == before.word(name).status.started_at
    return [f"{name} did not restart."] if same else []


def _configured(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    wanted = 9 if operation.status == "done" else before.config.whole.get("max_timelines_history")
    found = now.config.whole.get("max_timelines_history")
    return [] if found == wanted else [f"max_timelines_history is {found}, not {wanted}."]


def _paused(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    wanted, kept = operation.status == "done", open_pause(SHARD)
    said = [] if now.cluster.paused is wanted else [f"It is paused: {now.cluster.paused}, not {wanted}."]
    ours = kept is not None and kept.operation_id == operation.pk
    return said + ([] if ours is wanted else [f"The pause that is kept is {kept}."])


def _slot(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    there = SLOT in gather(SHARD).slots
    return [] if there is (operation.status == "done") else [f"{SLOT} is there: {there}."]


# Patroni was asked, and nobody has looked; in the middle of waiting.
RESTART = _subject(
    "member-restart",
    lambda facts: {"member": _replica(facts), "only_pending": False},
    _restarted,
    1,  # the member is mostly in step again when Patroni has restarted it, so that nothing is waited for
    (Call(0, f"{ROOM}.restart_steps:_follow"), Call(0, f"{ROOM}.restart_steps:started_anew", 2)),
)
REINITIALISE = _subject(
    "member-reinitialise",
    lambda facts: {"member": _replica(facts)},
    _restarted,
    1,
    (Call(0, f"{ROOM}.reinitialise_steps:_follow"), Call(0, f"{ROOM}.reinitialise_steps:progress", 4)),
)
CONFIGURE = _subject(
    "patroni-configure",
    lambda facts: {"changes": {"max_timelines_history": 9}},
    _configured,
    2,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(1, f"{ROOM}.configure_steps:_late", 2)),
    back=1,
)
PAUSE = _subject(
    "failover-pause",
    lambda facts: {"hours": 1},
    _paused,
    1,
    (Call(0, f"{ROOM}.pause_steps:_told"), Call(0, f"{ROOM}.pause_steps:_others")),
)
SLOT_ADD = _subject(
    "permanent-slot-add",
    lambda facts: {"slot": SLOT},
    _slot,
    3,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(2, f"{ROOM}.permanent_slots:_not_there")),
)
ALL = (RESTART, REINITIALISE, CONFIGURE, PAUSE, SLOT_ADD)
