"""What the type of a parameter says to a form, and to whoever shows its value. Pure."""

from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

Choices = list[tuple[str, str]]


def bare(annotation: Any) -> tuple[Any, bool]:
    """The type without "or None", and whether None was allowed."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], NoneType in get_args(annotation)
    return annotation, False


def listed(kind: Any) -> Choices | None:
    """The choices that a type names by itself: an Enum or a Literal."""
    if get_origin(kind) is Literal:
        return [(str(value), str(value).replace("-", " ").replace("_", " ").capitalize()) for value in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [(str(one.value), str(getattr(one, "label", one.name.replace("_", " ").capitalize()))) for one in kind]
    return None
