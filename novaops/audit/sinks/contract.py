"""What a place outside is asked for."""

from typing import Protocol

from novaops.audit.statements import Line

# Nobody waits for a place outside, but its worker should not be kept either.
TIMEOUT = 5.0


class SinkProblem(Exception):
    """The place did not take it: a sentence, without a password."""


class Sink(Protocol):
    @property
    def name(self) -> str:
        """Its address, without a password; the same in every process."""

    def put(self, line: Line) -> None:
        """Returns when the place has it. SinkProblem when it does not; a second time does no harm."""
