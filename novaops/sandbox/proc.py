"""What /proc says about processes: identity that survives pid reuse, families, memory."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MARKER = "NOVAOPS_SANDBOX_CHILD"


@dataclass(frozen=True)
class Identity:
    """A pid with the moment (clock ticks since boot) at which it began and the boot that it belongs to."""

    pid: int
    started: int
    boot: str


@dataclass(frozen=True)
class Stat:
    """The few fields of /proc/PID/stat that the sandbox needs."""

    pid: int
    state: str
    parent: int
    started: int


def boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat(pid: int) -> Stat | None:
    """None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(pid=pid, state=fields[0], parent=int(fields[1]), started=int(fields[19]))


def identity(pid: int) -> Identity | None:
    found = stat(pid)
    return Identity(pid, found.started, boot()) if found and found.state != "Z" else None


def alive(known: Identity) -> bool:
    """True while this very process runs; a zombie, another boot or a reused pid is not it."""
    return identity(known.pid) == known


def everyone() -> dict[int, Stat]:
    """All processes, by pid."""
    found = (stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {entry.pid: entry for entry in found if entry}


def family(roots: Iterable[int], processes: dict[int, Stat]) -> set[int]:
    """The roots that run, with all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in processes.values():
        children.setdefault(entry.parent, []).append(entry.pid)
    seen: set[int] = set()
    waiting = [pid for pid in roots if pid in processes and processes[pid].state != "Z"]
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting.extend(children.get(pid, []))
    return seen


def memory(pid: int) -> int:
    """Proportional set size in bytes (shared pages are divided among their users); 0 when unreadable."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def uptime(pid: int) -> float:
    """Seconds since the process began; 0 when it is gone."""
    found = stat(pid)
    now = float(Path("/proc/uptime").read_text().split()[0])
    return now - found.started / TICKS if found else 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time used by one process so far; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = text[text.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def postmaster(data: Path) -> int | None:
    """The pid of the PostgreSQL server that runs on this data folder, if one does (also when it is an orphan)."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _works_in(pid, data) else None


def working_in(folder: Path) -> set[int]:
    """Processes whose working directory is this folder: a PostgreSQL server and its backends, for a data folder."""
    return {pid for pid in everyone() if _works_in(pid, folder)}


def marked(state: Path) -> set[int]:
    """Processes that this state folder's supervisor started, directly or not, known by their environment."""
    needle = f"{MARKER}={state}".encode()
    return {pid for pid in everyone() if needle in _environ(pid).split(b"\0") and pid != os.getpid()}


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return folder.samefile(f"/proc/{pid}/cwd")
    except OSError:
        return False
