"""How a step says that it could not do its work."""


class OperationProblem(Exception):
    """A sentence for a person; never a stack trace."""


class Missing(ValueError):
    """Raised by a validator of a kind's parameters for what the others make necessary; a sentence for each."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


class TransientProblem(OperationProblem):
    """Worth another try: the server did not answer, or answered that it is busy."""


class PermanentProblem(OperationProblem):
    """Trying again would not help: the operation fails with this sentence."""
