"""What must be true before anything is started; each failure is one sentence that names it."""

import errno
import os
import re
import shutil
import socket
from pathlib import Path

from novaops.sandbox import proc
from novaops.sandbox.layout import HOST, Layout
from novaops.sandbox.problems import SandboxError

GIGABYTE = 1024**3
MEMORY = DISK = 3 * GIGABYTE


def check(layout: Layout) -> None:
    """Raise one SandboxError with all that stands in the way."""
    problems = [*taken_ports(layout.ports()), *too_little(layout.state), *no_shared_memory()]
    if problems:
        raise SandboxError("\n".join(problems))


def taken_ports(wanted: dict[int, str]) -> list[str]:
    """A sentence for every port that something else listens on."""
    return [_taken(port, server) for port, server in sorted(wanted.items()) if not _free(port)]


def too_little(state: Path) -> list[str]:
    """A sentence each for memory and disk, when there is not enough."""
    problems = []
    memory = available_memory(Path("/proc/meminfo").read_text())
    if memory < MEMORY:
        problems.append(f"Too little memory: {_gigabytes(memory)} are available, the fleet needs {_gigabytes(MEMORY)}.")
    disk = shutil.disk_usage(_existing(state)).free
    if disk < DISK:
        problems.append(f"Too little disk: {_gigabytes(disk)} are free in {state}, the fleet needs {_gigabytes(DISK)}.")
    return problems


def no_shared_memory(folder: Path = Path("/dev/shm")) -> list[str]:  # noqa: S108 (nothing is written here)
    """A sentence when the worker's processes could not share semaphores, as in a bare chroot."""
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [f"{folder} is not writable for this user: `mount -t tmpfs -o mode=1777 tmpfs {folder}` as root mends it."]


def available_memory(meminfo: str) -> int:
    """Bytes that new processes can have, from the text of /proc/meminfo."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def holder(port: int) -> str | None:
    """The process that listens on a loopback port, as `name (pid)`, where we may see it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and inodes & _descriptors(entry / "fd"):
            words = proc.command(int(entry.name)).split()
            return f"{Path(words[0]).name if words else '?'} (pid {entry.name})"
    return None


def _free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def _taken(port: int, server: str) -> str:
    by = holder(port)
    who = f"is taken by {by}" if by else "is taken"
    return f"Port {port}, wanted by {server}, {who}: stop that, or choose other ports with NOVAOPS_PORT_BASE."


def _listening_inodes(port: int) -> list[str]:
    listen, found = "0A", []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = Path(table).read_text().splitlines()[1:] if Path(table).exists() else []
        fields = (line.split() for line in lines)
        found += [row[9] for row in fields if row[3] == listen and int(row[1].rsplit(":", 1)[1], 16) == port]
    return found


def _descriptors(folder: Path) -> set[str]:
    """What a process has open; empty where we may not look."""
    try:
        return {_target(entry) for entry in folder.iterdir()}
    except OSError:
        return set()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # closed meanwhile


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"
