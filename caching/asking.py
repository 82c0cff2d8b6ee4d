"""How a probe asks: a client's error becomes the collector's."""

from collections.abc import Callable
from functools import wraps

from caching.exceptions import CacheError
from metrics.contract import Answer, ProbeProblem
from novaops.inventory.targets import Target


def asking(ask: Callable[[Target], Answer]) -> Callable[[Target], Answer]:
    @wraps(ask)
    def asked(target: Target) -> Answer:
        try:
            return ask(target)
        except CacheError as problem:
            raise ProbeProblem(str(problem)) from problem

    return asked
