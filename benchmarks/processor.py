"""Processor time of the servers of the shards and of this process: it says how much work something is where the clock
says more about what else the machine does."""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(state: Path) -> float:
    """Until now, of all PostgreSQL servers of the sandbox's shards, replicas included, and of this process; with those
    of their children, also of those that have ended."""
    servers = {int(path.read_text().split()[0]) for path in state.glob("servers/shard-*/data/postmaster.pid")}
    mine = os.times()
    found = dict(_processes())
    theirs = sum(found[pid][1] + found[pid][2] for pid in servers)
    children = sum(own for parent, own, _ in found.values() if parent in servers)
    return (theirs + children) / TICKS + mine.user + mine.system + mine.children_user + mine.children_system


def _processes() -> Iterator[tuple[int, tuple[int, int, int]]]:
    """By its number, each one's parent, and ticks of itself and of children that have ended."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                said = (folder / "stat").read_text()
            except OSError:
                continue
            values = [int(value) for value in said.rpartition(")")[2].split()[1:15]]
            yield int(folder.name), (values[0], values[10] + values[11], values[12] + values[13])
