"""What a move asks before it goes on: whether it may, and how fast."""

from typing import Protocol


class Throttle(Protocol):
    """For one step. Raises what ends the step, such as that it was cancelled.

    `pass_on(size)` is called before so many bytes are written, from any thread: it returns when they may be. With a
    size of 0 it is asked before a part begins, outside of any transaction: what may take hours is waited for there
    alone. `look()` is called by the step's own thread at least once a second while others work, and `note` by the same
    thread: how many rows and bytes there are by now. After `end()`, until the next look, nobody waits any more:
    `pass_on` raises."""

    def pass_on(self, size: int) -> None: ...

    def look(self) -> None: ...

    def note(self, rows: int, size: int) -> None: ...

    def end(self) -> None: ...


class Unhindered:
    """As fast as it goes: for tests and benchmarks."""

    def pass_on(self, size: int) -> None:
        return

    def look(self) -> None:
        return

    def note(self, rows: int, size: int) -> None:
        return

    def end(self) -> None:
        return
