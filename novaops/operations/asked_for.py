"""What an operation was asked for, in the words of its form: labels in the form's order, values with their units. Only
for people: the API and the change log keep the names and values as they were given. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from novaops.operations.contract import unit_of
from novaops.operations.contract.fields import APPLIES
from novaops.operations.field_types import bare, listed

EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Asked:
    """`is_name`: the value is a name or an expression of some system, not words."""

    label: str
    value: str
    is_name: bool


def asked_for(parameters: type[BaseModel] | None, given: Mapping[str, Any]) -> tuple[Asked, ...]:
    """`given` as it is stored. What was left empty, and what does not count beside the others, is left out; what the
    parameters do not know (any more) comes last. None for a kind that there is no more."""
    known = parameters.model_fields if parameters else {}
    told = [
        _asked(label_of(name, info), info, given[name])
        for name, info in known.items()
        if given.get(name) not in EMPTY and _counts(info, given)
    ]
    others = [(name, value) for name, value in given.items() if name not in known and value not in EMPTY]
    return (*told, *(Asked(label_of(name), _plain(value), True) for name, value in others))


def in_one_line(asked: tuple[Asked, ...]) -> str:
    return "; ".join(f"{one.label}: {one.value}" for one in asked)


def label_of(name: str, info: FieldInfo | None = None) -> str:
    return (info and info.title) or name.replace("_", " ").capitalize()


def _asked(label: str, info: FieldInfo, value: Any) -> Asked:
    kind, _ = bare(info.annotation)
    unit, choices = unit_of(info), dict(listed(kind) or [])
    if unit:
        return Asked(label, _counted(value, unit), False)
    if str(value) in choices:
        return Asked(label, choices[str(value)], False)
    if isinstance(value, bool):
        return Asked(label, "Yes" if value else "No", False)
    moment = _of_time(kind, value)
    return Asked(label, moment or _plain(value), not moment and kind not in (int, float, date))


def _counts(info: FieldInfo, given: Mapping[str, Any]) -> bool:
    extra = info.json_schema_extra
    rule: Any = extra.get(APPLIES) if isinstance(extra, dict) else None
    return rule is None or str(given.get(rule["field"])) in rule["values"]


def _counted(value: Any, unit: str) -> str:
    """1,000 ms, 1 hour, 10 %."""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    return f"{number:,} {unit[:-1] if number == 1 and unit.endswith('s') and len(unit) > 2 else unit}"


def _of_time(kind: Any, value: Any) -> str:
    """Empty for what is no time."""
    try:
        if kind is time:
            return f"{time.fromisoformat(value):%H:%M}"
        if _is_moment(kind):
            moment = datetime.fromisoformat(value)
            return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ')} UTC"
    except (TypeError, ValueError):
        pass
    return ""


def _is_moment(kind: Any) -> bool:
    return kind is datetime or getattr(kind, "__name__", "") == "AwareDatetime"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{path}: {_plain(found)}" for path, found in _leaves(value))
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a nested mapping by its path, such as postgresql.parameters.max_connections."""
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
