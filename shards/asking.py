"""The edge between this room's clients and the collector."""

from collections.abc import Callable

from metrics.contract import Answer, ProbeProblem
from novaops.inventory.targets import Target
from shards.exceptions import ShardError


def asking(ask: Callable[[Target], Answer]) -> Callable[[Target], Answer]:
    """A client's error becomes the collector's."""

    def asked(target: Target) -> Answer:
        try:
            return ask(target)
        except ShardError as problem:
            raise ProbeProblem(str(problem)) from problem

    return asked
