"""What checkpoints and prunings share: words in canonical form that are signed, and read back strictly. Pure."""

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from novaops.audit.canonical import canonical


@dataclass(frozen=True, slots=True)
class Signed:
    """Each kind adds its fields."""

    @property
    def text(self) -> bytes:
        """What is signed, in canonical form."""
        return canonical(asdict(self))

    @property
    def digest(self) -> str:
        return digest(self.text)


Words = TypeVar("Words", bound=Signed)


def digest(statement: bytes) -> str:
    return hashlib.sha256(statement).hexdigest()


def read_as(kind: type[Words], name: str, body: dict[str, Any]) -> Words:
    """ValueError, in which `name` stands, for other fields than the kind's and for values of other types."""
    try:
        found = kind(**body)
    except TypeError as error:
        raise ValueError(f"It is no {name}.") from error
    if any(type(getattr(found, one.name)) is not one.type for one in fields(kind)):
        raise ValueError(f"It is no {name}: a text stands for a number, or a number for a text.")
    return found
