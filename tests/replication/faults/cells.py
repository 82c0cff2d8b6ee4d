"""The faults, and what has to be said of each."""

from contextlib import ExitStack

from tests.replication.faults import means
from tests.replication.faults.killed import KilledLeader
from tests.replication.faults.network import of_member
from tests.replication.faults.scene import Scene
from tests.replication.faults.watching import TAKEN_OVER, Expected, Fault
from tests.waiting import wait_for

DROP_FORGOTTEN = (
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'forgotten' AND NOT active"
)
# Patroni drops what nobody declared when it looks through the slots, as after a change of its configuration.
LEAVE_FORGOTTEN = [{"name": "forgotten", "type": "physical"}]
# A replica that had received more than the new leader, until Patroni rewinds it.
AHEAD = "cannot follow"
# Patroni's ttl, and a moment for the election.
LEASE = 20 + 15


def frozen_replica(scene: Scene, mending: ExitStack) -> None:
    means.freeze(scene, mending, scene.replica())


def frozen_patroni_of_replica(scene: Scene, mending: ExitStack) -> None:
    means.freeze(scene, mending, scene.replica(), tree=False)


def frozen_leader(scene: Scene, mending: ExitStack) -> None:
    means.freeze(scene, mending, scene.leader())


def frozen_patroni_of_leader(scene: Scene, mending: ExitStack) -> None:
    means.freeze(scene, mending, scene.leader(), tree=False)


def replica_without_etcd(scene: Scene, mending: ExitStack) -> None:
    means.behind_gate(scene, mending, scene.replica()).close_door()


def leader_without_etcd(scene: Scene, mending: ExitStack) -> None:
    leader = scene.leader()
    gate = means.behind_gate(scene, mending, leader)
    if scene.leader() != leader:
        lead(scene, leader)
    gate.close_door()


def full_disk_of_replica(scene: Scene, mending: ExitStack) -> None:
    name = scene.replica()
    data = means.on_small_disk(scene, mending, name, spare=64)
    scene.wait_whole()
    means.fill(data)
    means.write_wal(scene, scene.leader(), 192)  # more than the segments that it has in store


def full_disk_of_leader(scene: Scene, mending: ExitStack) -> None:
    name = scene.replica()
    mending.callback(means.follow_again, scene)
    data = means.on_small_disk(scene, mending, name, spare=64)
    scene.wait_whole()
    lead(scene, name)
    means.fill(data)
    means.keep_full(mending, data)
    try:
        means.write_wal(scene, name, 192)
    except Exception as expected:  # PostgreSQL dies of it
        print(f"  the leader said: {str(expected).strip().splitlines()[0]}")


def lead(scene: Scene, name: str) -> None:
    """An asynchronous replica becomes the synchronous standby first."""
    if name != scene.standby():
        former = scene.standby()
        scene.servers.stop(former)
        wait_for(lambda: scene.standby() == name, f"{name} to be the synchronous standby")
        scene.servers.start(former)
    wait_for(lambda: scene.patroni(name).switchover(scene.leader(), name), f"{name} to agree to lead")
    wait_for(lambda: scene.leader() == name, f"{name} to lead")
    scene.wait_whole()
    said = f"{name} {TAKEN_OVER}"
    wait_for(lambda: any(one.sentence.startswith(said) for one in scene.findings()), f"“{said}”, as was asked for")


def recovery_conflict(scene: Scene, mending: ExitStack) -> None:
    means.hold_replay(scene, mending, scene.leader(), scene.replica())


def paused_replay(scene: Scene, mending: ExitStack) -> None:
    means.pause_replay(scene, mending, scene.leader(), scene.replica())


def hung_replay(scene: Scene, mending: ExitStack) -> None:
    means.hang_replay(scene, mending, scene.leader(), scene.replica())


def replica_cut_off(scene: Scene, mending: ExitStack) -> None:
    name = scene.replica()
    network = mending.enter_context(of_member(scene, name))
    scene.wait_whole()
    scene.wait_unsaid(name)
    network.cut()


def leader_cut_off(scene: Scene, mending: ExitStack) -> None:
    """A replica is started anew behind a network that can be cut, and made the leader."""
    name = scene.replica()
    network = mending.enter_context(of_member(scene, name))
    scene.wait_whole()
    lead(scene, name)
    scene.wait_unsaid(name)
    network.cut()


def forget_slot(scene: Scene, mending: ExitStack, leader: str) -> None:
    scene.patroni(leader).configure({"ignore_slots": LEAVE_FORGOTTEN})
    mending.callback(scene.patroni(leader).configure, {"ignore_slots": None})
    scene.sql(leader, "SELECT pg_create_physical_replication_slot('forgotten', true)")
    mending.callback(scene.sql, leader, DROP_FORGOTTEN, "CHECKPOINT")


def slot_that_holds(scene: Scene, mending: ExitStack) -> None:
    leader = scene.leader()
    forget_slot(scene, mending, leader)
    means.write_wal(scene, leader, 288)


def slot_that_lost(scene: Scene, mending: ExitStack) -> None:
    leader = scene.leader()
    parameters = {"max_slot_wal_keep_size": "64MB", "wal_keep_size": "0"}
    before = {"max_slot_wal_keep_size": "2GB", "wal_keep_size": "128MB"}
    scene.patroni(leader).configure({"postgresql": {"parameters": parameters}})
    mending.callback(scene.patroni(leader).configure, {"postgresql": {"parameters": before}})
    wait_for(lambda: _setting(scene, leader, "max_slot_wal_keep_size") == "64MB", "the setting")
    forget_slot(scene, mending, leader)
    means.write_wal(scene, leader, 160)
    scene.sql(leader, "SELECT pg_switch_wal()", "CHECKPOINT")


def _setting(scene: Scene, name: str, setting: str) -> str:
    with scene.connect(name) as session:
        row = session.execute("SELECT current_setting(%s)", [setting]).fetchone()
    return str(row[0]) if row else ""


def one_etcd_of_three(scene: Scene, mending: ExitStack) -> None:
    means.stop(scene, mending, "etcd-2")


def etcd_without_quorum(scene: Scene, mending: ExitStack) -> None:
    means.stop(scene, mending, "etcd-2", "etcd-3")


def etcd_without_quorum_nor_failsafe(scene: Scene, mending: ExitStack) -> None:
    name = scene.leader()
    scene.patroni(name).configure({"failsafe_mode": False})
    mending.callback(scene.patroni(name).configure, {"failsafe_mode": True})
    mending.callback(scene.wait_whole)
    means.stop(scene, mending, "etcd-2", "etcd-3")


def who_asked(scene: Scene) -> str:
    """The last change of leader, as the change log tells it."""
    found = wait_for(lambda: scene.changes_of_leader()[-1:], "the change of leader in the change log", 60)[0]
    assert found.data["asked_for_by"] == "nobody", found.data
    return f"Change log: {found.outcome}"


def killed_and_told(scene: Scene) -> str:
    return f"{who_asked(scene)} {KILLED.told(scene)}"


KILLED = KilledLeader()


FAULTS = (
    Fault("frozen replica", frozen_replica, (Expected("neither its Patroni nor its PostgreSQL answers"),)),
    Fault(
        "frozen Patroni of a replica",
        frozen_patroni_of_replica,
        (Expected("Patroni of .* does not answer, its Postgr"),),
    ),
    Fault(
        "frozen leader",
        frozen_leader,
        (Expected("neither its Patroni nor"), Expected("took over", LEASE + 30)),
        after=who_asked,
        also=AHEAD,
    ),
    Fault(
        "frozen Patroni of the leader",
        frozen_patroni_of_leader,
        (Expected("Patroni of the leader"), Expected("takes writes although", LEASE)),
        also=f"{TAKEN_OVER}|{AHEAD}",
    ),
    Fault("a replica that cannot reach etcd", replica_without_etcd, (Expected("cannot reach etcd"),)),
    Fault("a leader that cannot reach etcd", leader_without_etcd, (Expected("cannot reach etcd"),), also=TAKEN_OVER),
    Fault("full disk of a replica", full_disk_of_replica, (Expected("disk of .* is full|full disk"),)),
    Fault(
        "full disk of the leader",
        full_disk_of_leader,
        # It may follow its successor afterwards on what room it has left, and nothing is to be said then.
        (Expected("disk of .* is full|full disk"), Expected("took over", LEASE + 30)),
        # Of the record in which its disk was full, others have a part that the new leader lacks.
        also=f"{AHEAD}|does not stream from its leader",
    ),
    Fault("recovery conflict", recovery_conflict, (Expected("waits? for a (query|transaction)"),)),
    Fault(
        "paused replay", paused_replay, (Expected("Replay on .* is paused"),), also="Automatic failover of .* is paused"
    ),
    Fault("hung replay", hung_replay, (Expected("its startup process .* hangs"),)),
    Fault("a slot that holds WAL", slot_that_holds, (Expected("Slot forgotten .* holds .* nobody reads"),)),
    Fault("a slot that lost WAL", slot_that_lost, (Expected("Slot forgotten .* has lost WAL"),)),
    Fault("one etcd of three", one_etcd_of_three, (Expected("2 of 3"),)),
    Fault("etcd without quorum, failsafe mode", etcd_without_quorum, (Expected("quorum"),)),
    Fault(
        "etcd without quorum",
        etcd_without_quorum_nor_failsafe,
        (Expected("quorum"), Expected("quorum.*no leader", LEASE)),
    ),
    Fault(
        "killed leader",
        KILLED.make,
        (Expected("neither its Patroni nor"), Expected("took over", LEASE + 30)),
        after=killed_and_told,
        # The former leader, until it is rewound.
        also=f"PostgreSQL of .* (is not up|died and does not|does not listen any more|does not answer)|{AHEAD}",
    ),
)
CUTS = (
    Fault("a replica cut off from the network", replica_cut_off, (Expected("neither its Patroni nor its PostgreSQL"),)),
    Fault(
        "the leader cut off from the network",
        leader_cut_off,
        (Expected("neither its Patroni nor"), Expected("took over", LEASE + 30)),
        after=who_asked,
        also=AHEAD,
    ),
)
