"""What a field of a kind's parameters says beyond its type."""

from pydantic.config import JsonDict

APPLIES, LINES = "x-applies", "x-lines"


def applies(**when: tuple[str, ...]) -> JsonDict:
    """For a Field's `json_schema_extra`: it counts only where another field has one of some values, as in
    `applies(scope=("tenant", "vm"))`. Forms ask for it only then, and leave out what stands in it else."""
    [(other, values)] = when.items()
    return {APPLIES: {"field": other, "values": list(values)}}


def lines(count: int) -> JsonDict:
    """For a Field's `json_schema_extra`: a form gives it so many lines to be written in."""
    return {LINES: count}
