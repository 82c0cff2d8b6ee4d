"""What a move asks before it goes on: whether it may, and how fast."""

from typing import Protocol


class Throttle(Protocol):
    """For one step. `pass_on(size)` is called before so many bytes are written, from any thread: it returns when they
    may be. Raises what ends the step, such as that it was cancelled."""

    def pass_on(self, size: int) -> None: ...


class Unhindered:
    """As fast as it goes: for tests and benchmarks."""

    def pass_on(self, size: int) -> None:
        return
