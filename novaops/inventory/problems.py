"""What can be wrong with a fleet file: sentences for the person who wrote it."""

from collections.abc import Iterable


class InventoryProblem(Exception):
    """One sentence."""


class FleetFileProblem(InventoryProblem):
    """Everything that is wrong with a fleet file, one sentence each."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))
