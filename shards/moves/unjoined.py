"""Stands in for `shards.moves.steps` until all that it imports is there."""

from collections.abc import Mapping

from novaops.operations.contract import PermanentProblem, Step, StepContext
from shards.moves import planner


def _not_here(context: StepContext) -> str:
    raise PermanentProblem("This installation cannot carry moves out yet.")


_STEP = Step(run=_not_here, attempts=1)
STEPS: Mapping[str, Step] = dict.fromkeys(planner.KEYS, _STEP)
BACK_STEPS: Mapping[str, Step] = dict.fromkeys(planner.BACK_KEYS, _STEP)
FINISH_STEPS: Mapping[str, Step] = {planner.FINISH: _STEP}
