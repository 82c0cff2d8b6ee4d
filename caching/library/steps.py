"""The read path is written once, as generators that say which step comes next; who drives them carries it out, with
threads or with a loop of asyncio. A test can hold one between any two steps."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Ask:
    """Call a method of `l1`, `l2` or `generations`. `Unavailable` comes back as an exception."""

    store: str
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Call the loader."""


Step = Ask | Pause | Load
Steps = Generator[Step, Any, Result]
