"""Names of values carry their unit as a suffix (`lag_replay_bytes`, `hits_total`): what that means on a page. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from novaops.ui import formats


@dataclass(frozen=True, slots=True)
class Unit:
    """How values of one suffix are written and plotted; a counter is plotted as its rate per second."""

    suffix: str
    title: str
    write: Callable[[object], str]
    counter: bool = False
    tick_format: str = ""


UNITS = (
    Unit("_bytes_total", "Bytes per second", formats.human_bytes, counter=True, tick_format="~s"),
    Unit("_us_total", "Microseconds per second", formats.human_number, counter=True, tick_format="~s"),
    Unit("_total", "Per second", formats.human_number, counter=True, tick_format="~s"),
    Unit("_bytes", "Bytes", formats.human_bytes, tick_format="~s"),
    Unit("_seconds", "Seconds", formats.duration),
    Unit("_ms", "Milliseconds", formats.milliseconds),
    Unit("_ratio", "Share", formats.percent, tick_format=".0%"),
    Unit("utilisation", "Utilisation", formats.percent, tick_format=".0%"),
    Unit("_share", "Share", formats.percent, tick_format=".0%"),
)
ACRONYMS = {"wal": "WAL", "vms": "VMs", "db": "DB", "aof": "AOF", "rdb": "RDB", "cpu": "CPU"}
PLAIN = Unit("", "Count", formats.human_number)


def unit_of(name: str) -> Unit:
    return next((unit for unit in UNITS if name.endswith(unit.suffix)), PLAIN)


def label_of(name: str) -> str:
    """`lag_replay_bytes` -> "Lag replay"."""
    words = name.removesuffix(unit_of(name).suffix).replace("_", " ").replace(".", " ").split()
    said = " ".join(ACRONYMS.get(word, word) for word in words)
    return said[:1].upper() + said[1:] if said else name.capitalize()


def written(name: str, value: object) -> str:
    return unit_of(name).write(value)
