"""What a server's page shows: its readings, what they found, its values over time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.charts import Figure, values_figure
from metrics.contract.snapshot import OLD_AFTER_CYCLES, Seen
from metrics.series import Series
from metrics.value_names import Unit, label_of, unit_of, written


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """One probe's last answer; `limit` is the age in seconds from which it is old."""

    seen: Seen
    rows: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, Any], ...]

    @property
    def limit(self) -> float:
        return OLD_AFTER_CYCLES * self.seen.every_seconds

    @property
    def good_limit(self) -> float:
        """The same for what it last answered: old at once while it does not answer."""
        return self.limit if self.seen.reachable else 1.0


@dataclass(frozen=True, slots=True)
class PlotShown:
    id: str
    title: str
    figure: Figure

    @property
    def size(self) -> str:
        """Many lines need room for their names."""
        return "" if len(self.figure["data"]) > 3 else "short"


def shown(seen: Seen) -> ReadingShown:
    rows = tuple((label_of(name), written(name, value)) for name, value in sorted(seen.values.items()))
    facts = seen.facts.model_dump(mode="json") if seen.facts else {}
    return ReadingShown(seen, rows, tuple(_scalars(facts)))


def causes(readings: Iterable[Seen]) -> tuple[Seen, ...]:
    """What is wrong, each cause once: several probes often meet the same one."""
    first: dict[str, Seen] = {}
    for one in readings:
        if one.cause:
            first.setdefault(one.cause, one)
    return tuple(first.values())


def fullest_first(readings: Iterable[Seen]) -> tuple[ReadingShown, ...]:
    return tuple(sorted(map(shown, readings), key=lambda one: (-len(one.rows), one.seen.probe)))


def _scalars(facts: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested facts as dotted names; lists by how long they are, as their rows have pages of their own."""
    found: list[tuple[str, Any]] = []
    for name, value in facts.items():
        label = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            found += _scalars(value, f"{label} · ")
        elif isinstance(value, list):
            found.append((label, ", ".join(map(str, value)) if _plain(value) else f"{len(value)} entries"))
        elif value not in (None, ""):
            found.append((label, value))
    return found


def _plain(values: Sequence[Any]) -> bool:
    return all(not isinstance(value, Mapping | list) for value in values) and len(values) <= 8


def plots(probe: str, series: Mapping[str, Series], longest_gap: float) -> tuple[PlotShown, ...]:
    """One plot per unit, so that bytes and counts do not share an axis."""
    by_unit: dict[Unit, dict[str, Series]] = {}
    for name, values in series.items():
        if worth_drawing(name, values):
            by_unit.setdefault(unit_of(name), {})[name] = values
    return tuple(
        PlotShown(f"plot-{probe}-{unit.suffix.strip('_') or 'count'}".replace("_", "-"), _title(unit, named), figure)
        for unit, named in by_unit.items()
        if (figure := values_figure(unit, named, longest_gap))
    )


def worth_drawing(name: str, values: Series) -> bool:
    """A counter that never moved is told by the table alone."""
    return bool(values.known) and not (unit_of(name).counter and min(values.known) == max(values.known))


def _title(unit: Unit, named: Mapping[str, Series]) -> str:
    return label_of(next(iter(named))) if len(named) == 1 else unit.title
