"""What a field of a kind's parameters says beyond its type."""

from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

APPLIES, LINES, UNIT = "x-applies", "x-lines", "x-unit"


def applies(**when: tuple[str, ...]) -> JsonDict:
    """For a Field's `json_schema_extra`: it counts only where another field has one of some values, as in
    `applies(scope=("tenant", "vm"))`. Forms ask for it only then, and leave out what stands in it else."""
    [(other, values)] = when.items()
    return {APPLIES: {"field": other, "values": list(values)}}


def lines(count: int) -> JsonDict:
    """For a Field's `json_schema_extra`: a form gives it so many lines to be written in."""
    return {LINES: count}


def unit(name: str) -> JsonDict:
    """For a Field's `json_schema_extra`: what a number is counted in, such as “ms”. Forms write it behind the title,
    and what was asked for is shown with it."""
    return {UNIT: name}


def unit_of(info: FieldInfo) -> str:
    """Empty where a field has none."""
    extra = info.json_schema_extra
    return str(extra.get(UNIT, "")) if isinstance(extra, dict) else ""
