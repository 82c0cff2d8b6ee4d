"""A sparkline as inline SVG: pure, no script, no style attribute. None in the values is a gap in the line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from novaops.ui.formats import compact

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    width: int
    height: int
    pad: float = 2.5


def _range(known: Sequence[float], floor: float | None, ceiling: float | None) -> tuple[float, float]:
    low = min(known) if floor is None else min(floor, min(known))
    high = max(known) if ceiling is None else max(ceiling, max(known))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def runs(values: Sequence[float | None], box: Box, low: float, high: float) -> list[list[Point]]:
    """The points of each unbroken run of values, in the box's coordinates."""
    step = (box.width - 2 * box.pad) / max(1, len(values) - 1)
    found: list[list[Point]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            found.append([])
            continue
        share = (value - low) / (high - low)
        found[-1].append((box.pad + index * step, box.height - box.pad - share * (box.height - 2 * box.pad)))
    return [run for run in found if run]


def _path(run: Sequence[Point]) -> str:
    points = run if len(run) > 1 else [run[0], (run[0][0] + 0.01, run[0][1])]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _area(run: Sequence[Point], bottom: float) -> str:
    return f"{_path(run)}L{run[-1][0]:.1f} {bottom:.1f}L{run[0][0]:.1f} {bottom:.1f}Z"


def _summary(known: Sequence[float], label: str) -> str:
    said = f"lowest {compact(min(known))}, highest {compact(max(known))}, last {compact(known[-1])}"
    return f"{label}: {said}" if label else said.capitalize()


def _svg(box: Box, tone: str, label: str, inside: str) -> SafeString:
    shape = f'width="{box.width}" height="{box.height}" viewBox="0 0 {box.width} {box.height}"'
    css = f"sparkline is-{escape(tone)}" if tone else "sparkline"
    # inside is built from numbers only; what came from outside is escaped
    return mark_safe(f'<svg class="{css}" {shape} role="img" aria-label="{escape(label)}">{inside}</svg>')  # noqa: S308


def sparkline(
    values: Iterable[float | None],
    *,
    width: int = 96,
    height: int = 24,
    label: str = "",
    tone: str = "",
    floor: float | None = None,
    ceiling: float | None = None,
) -> SafeString:
    """`floor` and `ceiling` widen the scale (floor=0 draws from zero); `tone` is a state's tone, such as "critical"."""
    numbers = [None if value is None else float(value) for value in values]
    known = [value for value in numbers if value is not None]
    box = Box(width, height)
    if not known:
        middle = height / 2
        return _svg(
            box,
            tone,
            f"{label}: no values" if label else "No values",
            f'<path class="spark-none" d="M2 {middle}H{width - 2}"/>',
        )
    low, high = _range(known, floor, ceiling)
    drawn = runs(numbers, box, low, high)
    areas = "".join(f'<path class="spark-area" d="{_area(run, height - 1)}"/>' for run in drawn if len(run) > 1)
    lines = "".join(f'<path class="spark-line" d="{_path(run)}"/>' for run in drawn)
    x, y = drawn[-1][-1]
    dot = f'<circle class="spark-dot" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' if numbers[-1] is not None else ""
    return _svg(box, tone, _summary(known, label), areas + lines + dot)
