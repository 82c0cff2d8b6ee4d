"""How each fault is made."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import yaml

from novaops.sandbox.layout import HOST
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.servers import patroni as patroni_server
from tests.replication.faults.scene import Scene
from tests.waiting import wait_for

KIB = 1024
MIB = 1024 * KIB
WRITE = "SELECT pg_logical_emit_message(false, 'filler', repeat('x', {bytes}))"


def freeze(scene: Scene, mending: ExitStack, name: str, tree: bool = True) -> None:
    """SIGSTOP: to others it is as if the network had swallowed it."""
    mending.callback(scene.servers.resume, name)
    scene.servers.pause(name, tree=tree)


def stop(scene: Scene, mending: ExitStack, *names: str) -> None:
    for name in names:
        mending.callback(scene.servers.start, name)
        scene.servers.stop(name)


def write_wal(scene: Scene, name: str, mebibytes: int) -> None:
    scene.sql(name, *[WRITE.format(bytes=8 * MIB)] * (mebibytes // 8))


class Gate:
    """A door to etcd that can be shut: what a member sees of a network that lost its way there."""

    def __init__(self, port: int, to: int) -> None:
        self.port, self.to, self.shut = port, to, False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def close_door(self) -> None:
        self.shut = True
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.close_door()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                inner, _ = self._listener.accept()
                if self.shut:
                    inner.close()
                    continue
                outer = socket.create_connection((HOST, self.to))
                self._open |= {inner, outer}
                for one, other in ((inner, outer), (outer, inner)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            self._open.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def behind_gate(scene: Scene, mending: ExitStack, name: str) -> Gate:
    """The member reaches etcd through a gate from now on."""
    gate = Gate(scene.layout.base + 600 + scene.members.index(scene.member(name)), scene.layout.etcd[0].client)
    whole = patroni_server.configuration(scene.site, scene.layout.shards[0], scene.member(name))
    mending.callback(gate.end)
    mending.callback(scene.servers.restart, name)
    mending.callback(_configure, scene, name, whole)
    _configure(scene, name, whole | {"etcd3": {"hosts": [f"{HOST}:{gate.port}"], "use_proxies": True}})
    scene.servers.restart(name)
    scene.wait_whole()
    return gate


def _configure(scene: Scene, name: str, configuration: dict[str, object]) -> None:
    scene.site.write(name, "patroni.yml", yaml.safe_dump(configuration, sort_keys=False))


def on_small_disk(scene: Scene, mending: ExitStack, name: str, spare: int) -> Path:
    """The member's data on a file system of its own with so many MiB to spare. Needs to be root."""
    data = scene.layout.data(name)
    aside = data.with_name("data-aside")
    scene.servers.stop(name)
    mending.callback(_off_small_disk, scene, name, data, aside)
    data.rename(aside)
    used = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file()) // MIB
    data.mkdir(mode=0o700)
    options = f"size={used + spare}m,mode=0700,uid={scene.site.account.uid},gid={scene.site.account.gid}"
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(data))
    _run("cp", "-a", f"{aside}/.", str(data))
    copied = aside.with_name("data-copied")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.rmtree(aside.rename(copied))
    scene.servers.start(name)
    return data


def _off_small_disk(scene: Scene, name: str, data: Path, aside: Path) -> None:
    """Back to the big disk, also from the middle of the way to the small one, of which nothing stays mounted."""
    with suppress(OSError):
        (data / "ballast").unlink()
    scene.servers.stop(name)
    if data.is_mount():
        if not aside.exists():
            _run("cp", "-a", str(data), str(aside))
        _run("umount", str(data))
    if aside.exists():
        with suppress(FileNotFoundError):
            data.rmdir()
        aside.rename(data)
    with suppress(SandboxError):  # one whose WAL ends in the middle of a segment waits for help
        scene.servers.start(name)


def follow_again(scene: Scene) -> None:
    """Followers that have a part of the record in which the leader died are made anew: Patroni calls them `running`."""
    with suppress(AssertionError):
        wait_for(lambda: not _left_behind(scene), "followers that need no help", 45)
    for name in _left_behind(scene):
        build_anew(scene, name)


def _left_behind(scene: Scene) -> list[str]:
    """Who is not on the leader's timeline."""
    cluster = scene.cluster()
    leader = cluster.leader
    assert leader is not None, "the shard has no leader"
    away = [one.name for one in scene.members if cluster.member(one.name) is None]
    return away + [one.name for one in cluster.members if one.timeline != leader.timeline]


def build_anew(scene: Scene, name: str) -> None:
    wait_for(lambda: scene.patroni(name).reinitialise(), f"Patroni to build {name} anew")


def fill(data: Path) -> None:
    """Takes what is left, as logs or dumps of somebody else would."""
    with suppress(OSError), (data / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"\0" * MIB):
            pass
    with suppress(OSError), (data / "ballast").open("ab", buffering=0) as ballast:
        while ballast.write(b"\0" * 4096):
            pass


def keep_full(mending: ExitStack, data: Path) -> None:
    """PostgreSQL makes room when it clears its WAL away: that is taken too."""
    over = threading.Event()

    def take() -> None:
        while not over.wait(0.2):
            with suppress(OSError), (data / "ballast").open("ab", buffering=0) as ballast:
                while not over.is_set():
                    ballast.write(b"\0" * 4096)

    taking = threading.Thread(target=take, daemon=True)
    mending.callback(taking.join, 60)
    mending.callback(over.set)
    taking.start()


def hold_replay(scene: Scene, mending: ExitStack, leader: str, name: str) -> None:
    """A recovery conflict that the standby waits for: a query reads rows that the leader has cleaned away."""
    scene.sql(leader, "DROP TABLE IF EXISTS conflict", "CREATE TABLE conflict AS SELECT generate_series(1, 1000) AS n")
    mending.callback(scene.sql, leader, "DROP TABLE IF EXISTS conflict")
    scene.sql(name, "ALTER SYSTEM SET max_standby_streaming_delay = -1", "SELECT pg_reload_conf()")
    mending.callback(scene.sql, name, "ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()")
    reader = scene.connect(name)
    mending.callback(reader.close)
    wait_for(lambda: reader.execute("SELECT to_regclass('conflict')").fetchone() != (None,), "the table to arrive")
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT count(*) FROM conflict")
    scene.sql(leader, "DROP TABLE conflict")
    write_wal(scene, leader, 8)


def pause_replay(scene: Scene, mending: ExitStack, leader: str, name: str) -> None:
    """Patroni resumes it within a turn unless it is paused itself: from PostgreSQL 14 on it does so by itself."""
    scene.patroni(leader).pause(True)
    mending.callback(scene.patroni(leader).pause, False)
    wait_for(lambda: scene.patroni(name).status().paused, f"{name} to know of the pause")
    scene.sql(name, "SELECT pg_wal_replay_pause()")
    mending.callback(scene.sql, name, "SELECT pg_wal_replay_resume()")
    write_wal(scene, leader, 8)


def hang_replay(scene: Scene, mending: ExitStack, leader: str, name: str) -> None:
    """SIGSTOP of the process that replays; all others go on, and WAL arrives."""
    with scene.connect(name) as session:
        row = session.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'").fetchone()
    assert row is not None
    mending.callback(os.kill, row[0], signal.SIGCONT)
    os.kill(row[0], signal.SIGSTOP)
    write_wal(scene, leader, 8)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
