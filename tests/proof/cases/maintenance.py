"""Maintenance of a real shard: a replica restarts once, is built anew once, a configuration is changed and taken back,
a pause has one owner, a slot is kept, or is not any more. What was changed is as before afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django_tenants.utils import tenant_context

from novaops.inventory.selectors import targets_of
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.clients.patroni import Patroni
from shards.replication.maintenance import following, live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.pause_models import FailoverPause, open_pause
from shards.replication.maintenance.reload import loaded
from shards.replication.maintenance.slots_order import gather
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.faults import Way
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARD = "shard-1"
READY_SECONDS = 300
SLOT = "novaops_proof"
ROOM = "shards.replication.maintenance"
RESTORED = {"pause": None, "max_timelines_history": None, "synchronous_node_count": None, "slots": {SLOT: None}}
Judge = Callable[[ClusterFacts, ClusterFacts, Operation], list[str]]
Prepare = Callable[[Scene], None]


def ready() -> ClusterFacts:
    def look() -> ClusterFacts | None:
        facts = live.read_to_change(SHARD)
        well = not facts.problem and not facts.silent
        return facts if well and not any(following.lacks(facts, one.name) for one in facts.cluster.members) else None

    found = wait_for(look, f"{SHARD} with all members in step", READY_SECONDS)
    assert found is not None
    return found


def replica(facts: ClusterFacts) -> str:
    return next(one.name for one in facts.cluster.members if not one.leads and not one.synchronous)


def api() -> Patroni:
    return Patroni(targets_of(SHARD, "patroni")[0])


def _restore() -> None:
    """As it was: managed, with no slot, no setting and no second standby of this case."""
    api().configure(RESTORED)
    FailoverPause.objects.filter(shard=SHARD, ended_at=None).update(ended_at="2000-01-01T00:00:00Z")
    wait_for(lambda: SLOT not in gather(SHARD).slots, f"{SLOT} to go", READY_SECONDS)


def case(
    scene: Scene, kind: str, parameters: dict[str, Any], judge: Judge, before: ClusterFacts, cancel: bool = False
) -> Case:
    """`judge` compares the shard with how it was `before`; `cancel`: it is taken back after its first step."""

    def violations(operation: Operation) -> list[str]:
        with tenant_context(scene.fleet):
            return judge(before, ready(), operation)

    def asked(way: Way) -> dict[str, Any]:
        return parameters

    return Case(kind=kind, parameters=asked, violations=violations, cancel_after=0 if cancel else None)


def _subject(
    kind: str,
    parameters: Callable[[ClusterFacts], dict[str, Any]],
    judge: Judge,
    steps: int,
    calls: tuple[Call, ...],
    back: int = 0,
    prepare: Prepare = lambda scene: None,
) -> Subject:
    @contextmanager
    def make(scene: Scene) -> Iterator[Case]:
        with tenant_context(scene.fleet):
            ready()
            prepare(scene)
            before = ready()
        try:
            yield case(scene, kind, {"shard": SHARD, **parameters(before)}, judge, before, cancel=bool(back))
        finally:
            with tenant_context(scene.fleet):
                _restore()

    made: Callable[[Scene], AbstractContextManager[Case]] = make
    return Subject(kind=kind, make=made, steps=steps, back=back, calls=calls)


def _paused_before(scene: Scene) -> None:
    execute(scene.queued("failover-pause", {"shard": SHARD, "hours": 1}).pk)
    assert open_pause(SHARD) is not None


def _with_slot(scene: Scene) -> None:
    api().configure({"slots": {SLOT: {"type": "physical"}}})
    wait_for(lambda: SLOT in gather(SHARD).slots, f"{SLOT} to be there", READY_SECONDS)


def _reloaded_before(scene: Scene) -> None:
    """What a worker of an earlier case asked for, which woke up late, is over then."""
    name = replica(ready())
    before = loaded(SHARD, name)
    Patroni(live.target("patroni", SHARD, name)).reload()
    wait_for(lambda: loaded(SHARD, name) not in ("", before), f"{name} to read its configuration", READY_SECONDS)


def _restarted(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    name = replica(before)
    same = now.word(name).status.started_at == before.word(name).status.started_at
    return [f"{name} did not restart."] if same else []


def _reloaded(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    name = replica(before)
    same = loaded(SHARD, name) == operation.plan.steps[0].arguments["loaded"]
    return [f"{name} did not read its configuration."] if same else []


def _configured(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    wanted = 9 if operation.status == "done" else before.config.whole.get("max_timelines_history")
    found = now.config.whole.get("max_timelines_history")
    return [] if found == wanted else [f"max_timelines_history is {found}, not {wanted}."]


def _standbys(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    """Those that Patroni has; where the mode was taken back, as soon as it has followed that."""
    wanted = 2 if operation.status == "done" else 1
    count = now.config.synchronous_node_count
    said = [] if count == wanted else [f"{count} standbys are configured, not {wanted}."]
    try:
        wait_for(lambda: _synchronous() == wanted, f"{wanted} standbys", READY_SECONDS)
    except AssertionError:
        said.append(f"{_synchronous()} standbys are synchronous, not {wanted}.")
    return said


def _synchronous() -> int:
    return sum(one.synchronous for one in live.read(SHARD).cluster.members)


def _paused(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    wanted, kept = operation.status == "done", open_pause(SHARD)
    said = [] if now.cluster.paused is wanted else [f"It is paused: {now.cluster.paused}, not {wanted}."]
    ours = kept is not None and kept.operation_id == operation.pk
    return said + ([] if ours is wanted else [f"The pause that is kept is {kept}."])


def _resumed(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    wanted, kept = operation.status != "done", open_pause(SHARD) is not None
    said = [] if now.cluster.paused is wanted else [f"It is paused: {now.cluster.paused}, not {wanted}."]
    return said + ([] if kept is wanted else [f"A pause is kept: {kept}, not {wanted}."])


def _slot(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    there = SLOT in gather(SHARD).slots
    return [] if there is (operation.status == "done") else [f"{SLOT} is there: {there}."]


def _no_slot(before: ClusterFacts, now: ClusterFacts, operation: Operation) -> list[str]:
    """Where its removal was taken back Patroni makes it again in its next turn."""
    wanted = operation.status != "done"
    try:
        wait_for(lambda: (SLOT in gather(SHARD).slots) is wanted, f"{SLOT}: {wanted}", READY_SECONDS if wanted else 1)
    except AssertionError:
        return [f"{SLOT} is there: {not wanted}, not {wanted}."]
    return []


# Patroni was asked, and nobody has looked; in the middle of waiting.
RESTART = _subject(
    "member-restart",
    lambda facts: {"member": replica(facts), "only_pending": False},
    _restarted,
    1,  # the member is mostly in step again when Patroni has restarted it, so that nothing is waited for
    (Call(0, f"{ROOM}.restart_steps:_follow"), Call(0, f"{ROOM}.restart_steps:started_anew", 2)),
)
REINITIALISE = _subject(
    "member-reinitialise",
    lambda facts: {"member": replica(facts)},
    _restarted,
    1,
    (Call(0, f"{ROOM}.reinitialise_steps:_follow"), Call(0, f"{ROOM}.reinitialise_steps:progress", 4)),
)
# It is about to be asked; it was, and is waited for.
RELOAD = _subject(
    "member-reload",
    lambda facts: {"member": replica(facts)},
    _reloaded,
    1,
    (Call(0, f"{ROOM}.reload:Patroni"), Call(0, f"{ROOM}.reload:wait_until")),
    prepare=_reloaded_before,
)
CONFIGURE = _subject(
    "patroni-configure",
    lambda facts: {"changes": {"max_timelines_history": 9}},
    _configured,
    2,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(1, f"{ROOM}.configure_steps:_late", 2)),
    back=1,
)
SYNCHRONOUS = _subject(
    "synchronous-mode",
    lambda facts: {"mode": "on", "nodes": 2},
    _standbys,
    3,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(2, f"{ROOM}.synchronous:_missing")),
    back=1,
)
PAUSE = _subject(
    "failover-pause",
    lambda facts: {"hours": 1},
    _paused,
    1,
    (Call(0, f"{ROOM}.pause_steps:_told"), Call(0, f"{ROOM}.pause_steps:_others")),
)
# It is about to be told; some know it; all do, and the pause is still kept.
RESUME = _subject(
    "failover-resume",
    lambda facts: {},
    _resumed,
    1,
    (
        Call(0, f"{ROOM}.pause_steps:_told"),
        Call(0, f"{ROOM}.pause_steps:_others"),
        Call(0, f"{ROOM}.pause_steps:end"),
    ),
    prepare=_paused_before,
)
SLOT_ADD = _subject(
    "permanent-slot-add",
    lambda facts: {"slot": SLOT},
    _slot,
    3,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(2, f"{ROOM}.permanent_slots:_not_there")),
)
SLOT_REMOVE = _subject(
    "permanent-slot-remove",
    lambda facts: {"slot": SLOT},
    _no_slot,
    3,
    (Call(0, f"{ROOM}.configure_steps:_patch"), Call(2, f"{ROOM}.permanent_slots:wait_until")),
    back=1,
    prepare=_with_slot,
)
ALL = (RESTART, REINITIALISE, RELOAD, CONFIGURE, SYNCHRONOUS, PAUSE, RESUME, SLOT_ADD, SLOT_REMOVE)
