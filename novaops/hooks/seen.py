"""How a hook does, for whoever watches over the fleet. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HookSeen:
    """An enabled hook as it stands. `overdue_since`: something could have been sent since then, and nobody did."""

    id: int
    name: str
    receiver: str
    failing_since: datetime | None = None
    last_error: str = ""
    waiting: int = 0
    overdue_since: datetime | None = None
