"""How a table's partitions are named, found out from those that exist: vms_2026_11, vms_p20261101 and so on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shards.partitions.facts import KeyKind
from shards.partitions.keys import Position, text

LONGEST_NAME = 63
_LOOKED_AT = 6
# The longer come first, so that 20261101 is not taken for 202611 followed by 01.
_FORMATS = (
    "%Y_%m_%d_%H%M%S",
    "%Y%m%d_%H%M%S",
    "%Y%m%d%H%M%S",
    "%Y_%m_%d_%H%M",
    "%Y%m%d_%H%M",
    "%Y%m%d%H%M",
    "%Y_%m_%d_%H",
    "%Y%m%d_%H",
    "%Y%m%d%H",
    "%Y_%m_%d",
    "%Y-%m-%d",
    "%Ym%md%d",
    "%Y%m%d",
    "%G_w%V",
    "%Gw%V",
    "%Y_%m",
    "%Y-%m",
    "%Ym%m",
    "%Y%m",
    "%G_%V",
)


def _quarter(joint: str) -> Callable[[datetime], str]:
    return lambda moment: f"{moment.year}{joint}{(moment.month - 1) // 3 + 1}"


def _formatted(pattern: str) -> Callable[[datetime], str]:
    return lambda moment: moment.strftime(pattern)


_WRITERS: tuple[Callable[[datetime], str], ...] = (
    *(_formatted(pattern) for pattern in _FORMATS),
    *(_quarter(joint) for joint in ("_q", "q", "_Q", "Q")),
    _formatted("%Y"),
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Partition names are `before`, what `write` makes of where the partition begins, and `after`."""

    before: str
    write: Callable[[Position], str]
    after: str = ""

    def name(self, lower: Position) -> str:
        return f"{self.before}{self.write(lower)}{self.after}"


def _writers(kind: KeyKind) -> list[Callable[[Position], str]]:
    """From the lower bound to its part of the name; the raw value first, as it may be what a number is named by."""

    def raw(where: Position) -> str:
        return text(kind, where)

    def of_time(writer: Callable[[datetime], str]) -> Callable[[Position], str]:
        return lambda where: writer(where) if isinstance(where, datetime) else ""

    return [*map(of_time, _WRITERS), raw]


def infer(kind: KeyKind, table: str, known: Sequence[tuple[str, Position]]) -> Naming:
    """The way of naming that gives the last partitions' names again; where none does, `<table>_p<begin>`.
    `known` are (name, lower bound) of what exists."""
    recent = sorted(known, key=lambda pair: pair[1])[-_LOOKED_AT:]
    for name, lower in reversed(recent):
        for write in _writers(kind):
            found = _split(name, write(lower))
            if found and _explains(Naming(found[0], write, found[1]), recent):
                return Naming(found[0], write, found[1])
    return Naming(f"{table}_p", _plain())


def _split(name: str, part: str) -> tuple[str, str] | None:
    if not part:
        return None
    before, found, after = name.rpartition(part)
    return (before, after) if found else None


def _explains(naming: Naming, known: Sequence[tuple[str, Position]]) -> bool:
    """More than half of the names: a table whose way of naming changed, or that holds one odd name, is continued."""
    return sum(naming.name(lower) == name for name, lower in known) * 2 > len(known)


def _plain() -> Callable[[Position], str]:
    def write(where: Position) -> str:
        if not isinstance(where, datetime):
            return str(where)
        whole_day = (where.hour, where.minute, where.second) == (0, 0, 0)
        return where.strftime("%Y%m%d" if whole_day else "%Y%m%d_%H%M%S")

    return write
