"""What runs: a table for people, JSON for programs. Reads the records and /proc; needs no supervisor."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from novaops.sandbox import proc, records
from novaops.sandbox.layout import Layout
from novaops.sandbox.records import Record, Snapshot

MEGABYTE = 1024 * 1024
SAMPLE = 0.5


@dataclass(frozen=True)
class Row:
    """One process with all that belongs to it (children, and the PostgreSQL server of a Patroni)."""

    name: str
    pid: int | None
    port: int | None
    state: str
    uptime: float
    memory: int  # bytes, proportional set size
    cpu: float  # share of one core, over the last half second
    restarts: int


@dataclass(frozen=True)
class Report:
    phase: str
    supervised: bool
    rows: tuple[Row, ...]

    @property
    def memory(self) -> int:
        return sum(row.memory for row in self.rows)

    @property
    def cpu(self) -> float:
        return sum(row.cpu for row in self.rows)


def report(state: Path) -> Report:
    snapshot = records.read(Layout(state).records)
    processes = proc.everyone()
    families = {record.name: proc.family(record.roots(), processes) for record in snapshot.records}
    before = {name: _cpu(pids) for name, pids in families.items()}
    time.sleep(SAMPLE)
    rows = [_row(record, families[record.name], before[record.name]) for record in snapshot.records]
    rows.append(_supervisor(snapshot))
    return Report(str(snapshot.phase), snapshot.supervised(), tuple(row for row in rows if row.pid or row.name != SELF))


SELF = "supervisor"


def table(found: Report, message: str) -> str:
    """Columns for a terminal."""
    if not found.rows:
        return "Nothing is running."
    lines = [f"{'NAME':<16}{'PID':>8}{'PORT':>7}  {'STATE':<12}{'UPTIME':>9}{'MEMORY':>10}{'CPU':>7}{'RESTARTS':>10}"]
    lines += [_line(row) for row in sorted(found.rows, key=lambda row: row.port or 99999)]
    lines.append(f"{len(found.rows)} processes, {found.memory // MEGABYTE} MB, {found.cpu * 100:.0f} % of one core")
    if not found.supervised and any(row.pid for row in found.rows):
        lines.append(
            "The supervisor is gone: `script/demo up` starts anew with the same data, `script/demo stop` ends it."
        )
    elif found.phase != records.Phase.RUNNING:
        lines.append(f"The sandbox is {found.phase}.")
    return "\n".join([*lines, *([message] if message else [])])


def as_json(found: Report) -> str:
    whole = {"phase": found.phase, "supervised": found.supervised, "memory": found.memory, "cpu": found.cpu}
    return json.dumps(whole | {"processes": [asdict(row) for row in found.rows]}, indent=1)


def _row(record: Record, pids: set[int], cpu_before: float) -> Row:
    pid = record.pid
    return Row(
        name=record.name,
        pid=pid,
        port=record.port,
        state=_state(record, pid, pids),
        uptime=proc.uptime(pid) if pid else 0.0,
        memory=sum(proc.memory(each) for each in pids),
        cpu=max(0.0, _cpu(pids) - cpu_before) / SAMPLE,  # a child that ended takes its share with it
        restarts=record.restarts,
    )


def _state(record: Record, pid: int | None, pids: set[int]) -> str:
    if pid is None:
        if pids:
            return "orphaned"  # its PostgreSQL server runs without Patroni
        return "died" if record.wanted else "stopped"
    return "paused" if record.paused else "running"


def _supervisor(snapshot: Snapshot) -> Row:
    known = snapshot.supervisor
    pid = known.pid if known and proc.alive(known) else None
    return Row(SELF, pid, None, "running", proc.uptime(pid or 0), proc.memory(pid or 0), 0.0, 0)


def _cpu(pids: set[int]) -> float:
    return sum(proc.cpu_seconds(pid) for pid in pids)


def _line(row: Row) -> str:
    pid, port = row.pid or "-", row.port or "-"
    return (
        f"{row.name:<16}{pid:>8}{port:>7}  {row.state:<12}{_duration(row.uptime):>9}"
        f"{row.memory / MEGABYTE:>7.0f} MB{row.cpu * 100:>5.0f} %{row.restarts:>10}"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"
