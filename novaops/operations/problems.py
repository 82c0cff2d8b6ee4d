"""Why a request about an operation was not carried out: a sentence for the person who asked, never a boolean."""

from novaops.operations.contract.problems import OperationProblem


class Invalid(OperationProblem):
    """The request cannot be understood. `fields` holds the sentence for each parameter that is wrong."""

    def __init__(self, sentence: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = fields or {}


class Incomplete(Invalid):
    """Nothing that was said is wrong, and something is needed besides."""


class Refused(OperationProblem):
    """Understood, and refused with this reason; the refusal is in the change log."""


class NotAllowed(Refused):
    """The person lacks the right."""


class Interruption(BaseException):
    """Raised into a step from outside. No Exception, so that a step's own broad `except` does not swallow it."""


class LeaseLost(Interruption):
    """Another worker has the operation now, or it is over: this one stops without touching anything more."""


class CancelRequested(Interruption):
    """A person cancelled the operation, and the step called `progress`."""


class PauseRequested(Interruption):
    """A person paused the operation, and the step called `progress`."""


class StepTimeout(Interruption):
    """A step took longer than its kind allows."""
