"""How long the tenant's writes waited, and for what."""

import time
from dataclasses import dataclass, field


class PauseTooLong(Exception):
    """The limit was reached, or somebody inside did not end: the tenant goes on where it was. A sentence."""


@dataclass
class Pause:
    """`parts`: milliseconds by what they went into, in their order. It begins when the tenant's lock is asked for."""

    limit: float
    parts: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    _last: float = 0.0

    def begin(self) -> None:
        self.began = self._last = time.monotonic()

    def spent_on(self, what: str) -> None:
        """The time since the last call; PauseTooLong when the limit is reached."""
        self.ended_with(what)
        if self._last > self.deadline:
            raise PauseTooLong(f"The pause reached its limit of {self.limit * 1000:.0f} ms at “{what}”.")

    def ended_with(self, what: str) -> None:
        """The same for what decided, however long it took: nothing is given up after it."""
        now = time.monotonic()
        self.parts[what] = round((now - self._last) * 1000, 2)
        self._last = now

    @property
    def deadline(self) -> float:
        return self.began + self.limit

    @property
    def left(self) -> float:
        """Seconds until the limit; a little when there are none."""
        return max(0.001, self.deadline - time.monotonic())

    @property
    def milliseconds(self) -> float:
        """0 where nobody could measure it."""
        return 0.0 if not self.parts else round((self._last - self.began) * 1000, 2)
