"""Why a parameter is not taken, in a sentence with the value that was given and what is allowed. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

LONGEST_SHOWN = 60
A_TIME = "2027-01-31 03:00+00:00"

Sentence = Callable[[str, Mapping[str, Any]], str]


def _no_whole_number(value: str, _: Mapping[str, Any]) -> str:
    return f"{value} is no whole number."


def _no_choice(value: str, allowed: Mapping[str, Any]) -> str:
    return f"{value} is not possible: {allowed['expected']}."


def _no_time(value: str, allowed: Mapping[str, Any]) -> str:
    return f"{value} is no time ({allowed['error']}): write {A_TIME}."


_SENTENCES: Mapping[str, Sentence] = {
    "greater_than_equal": lambda value, allowed: f"{value} is too little: {_limit(allowed['ge'])} at least.",
    "greater_than": lambda value, allowed: f"{value} is too little: more than {_limit(allowed['gt'])}.",
    "less_than_equal": lambda value, allowed: f"{value} is too much: {_limit(allowed['le'])} at most.",
    "less_than": lambda value, allowed: f"{value} is too much: less than {_limit(allowed['lt'])}.",
    "int_parsing": _no_whole_number,
    "int_from_float": _no_whole_number,
    "float_parsing": lambda value, _: f"{value} is no number.",
    "bool_parsing": lambda value, _: f"{value} is neither true nor false.",
    "literal_error": _no_choice,
    "enum": _no_choice,
    "datetime_parsing": _no_time,
    "datetime_from_date_parsing": _no_time,
    "timezone_aware": lambda value, _: f"{value} has no time zone: write {A_TIME}.",
    "missing": lambda _, __: "It is missing.",
    "extra_forbidden": lambda _, __: "There is no such parameter.",
}


def sentence(error: ErrorDetails) -> str:
    """What pydantic says of other mistakes stands behind the value."""
    allowed = error.get("ctx", {})
    if isinstance(allowed.get("error"), Exception):  # a validator of the kind itself
        return str(allowed["error"])
    said = _SENTENCES.get(error["type"])
    value = _shown(error["input"])
    return said(value, allowed) if said else f"{value} is not possible: {error['msg'][:1].lower()}{error['msg'][1:]}."


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _limit(value: Any) -> str:
    """A limit of 24.0 as people write it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
