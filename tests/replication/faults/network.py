"""A member whose network is cut: every packet to and from it is dropped, as where a cable was pulled. Its processes are
put into a control group, and the packets of that group are dropped by nftables. Needs to be root."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from novaops.sandbox import records
from tests.replication.faults.scene import Scene

# One for each sandbox on the machine, by its first port.
NAME = "novaops-faults-{base}"
# nft knows control groups by their paths below this folder.
KNOWN = "/sys/fs/cgroup"
RULES = """
table inet {name} {{
  chain out {{ type filter hook output priority 0; {drop} }}
  chain in {{ type filter hook input priority 0; {drop} }}
}}
"""


def can_be_cut() -> bool:
    return os.geteuid() == 0 and shutil.which("nft") is not None


@dataclass(frozen=True)
class Network:
    """Of one member, whole until it is cut. What it listens on is cut too for what it had accepted before."""

    group: str
    mount: Path
    ports: tuple[int, ...]

    def cut(self) -> None:
        ports = f"{{ {', '.join(map(str, self.ports))} }}"
        drop = f'socket cgroupv2 level 1 "{self.group}" drop; tcp dport {ports} drop; tcp sport {ports} drop;'
        view = f"mount --bind {self.mount} {KNOWN} && exec nft -f -"
        _run("unshare", "--mount", "sh", "-c", view, told=RULES.format(name=self.group, drop=drop))

    def mend(self) -> None:
        subprocess.run(["nft", "delete", "table", "inet", self.group], check=False, capture_output=True)


@contextmanager
def of_member(scene: Scene, name: str) -> Iterator[Network]:
    """The member is started anew inside the group, and outside of it again afterwards."""
    member = scene.member(name)
    with _groups() as mount:
        group = mount / NAME.format(base=scene.layout.base)
        group.mkdir(exist_ok=True)
        network = Network(group.name, mount, (member.postgres, member.patroni))
        network.mend()  # as a soak that was killed left it
        try:
            _started_in(scene, name, group)
            yield network
        finally:
            network.mend()
            _started_in(scene, name, group, leaves=True)
            group.rmdir()


def _started_in(scene: Scene, name: str, group: Path, leaves: bool = False) -> None:
    """Whatever the supervisor starts is in the group that the supervisor is in; `leaves`: not in this one any more."""
    supervisor = records.read(scene.layout.records).supervisor
    assert supervisor is not None
    scene.servers.stop(name)
    _move(supervisor.pid, group.parent if leaves else group)
    try:
        scene.servers.start(name)
    finally:
        _move(supervisor.pid, group.parent)


def _move(pid: int, group: Path) -> None:
    (group / "cgroup.procs").write_text(str(pid))


@contextmanager
def _groups() -> Iterator[Path]:
    """Where control groups of the second version are mounted; for as long as it lasts, where they are not."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    known = next((Path(line[1]) for line in mounts if line[2] == "cgroup2"), None)
    if known:
        yield known
        return
    with tempfile.TemporaryDirectory(prefix="novaops-groups-") as folder:
        _run("mount", "-t", "cgroup2", "none", folder)
        try:
            yield Path(folder)
        finally:
            _run("umount", folder)


def _run(*words: str, told: str = "") -> None:
    subprocess.run(words, check=True, capture_output=True, input=told.encode())
