"""What would be done, asked of the live fleet while a person still fills the form in: nothing is stored or recorded."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from novaops.fleets.models import Person
from novaops.operations.contract import CheckOutcome, Kind, Plan
from novaops.operations.patience import Askers
from novaops.operations.planning import Proposal, parameters_of, propose
from novaops.operations.problems import Invalid
from novaops.operations.refusing import demand_right

logger = logging.getLogger(__name__)

PATIENCE = 8.0
_askers = Askers("preview", 4)


@dataclass(frozen=True, slots=True)
class Preview:
    """`state` is one that verdicts show; `plan` is there when one could be made."""

    state: str
    headline: str
    sentence: str
    plan: Plan | None = None

    @property
    def holders(self) -> list[int]:
        """The operations that hold what it needs."""
        checks = self.plan.refusals if self.plan else ()
        return sorted({check.evidence["operation"] for check in checks if "operation" in check.evidence})


def preview(kind: Kind[Any], given: Mapping[str, Any], person: Person) -> Preview:
    """Plans as a request would, for at most PATIENCE seconds; a sick server becomes a state and a cause. Raises Invalid
    for parameters that are wrong, or NotAllowed (recorded)."""
    demand_right(kind, person, f"kind:{kind.name}")
    parameters = parameters_of(kind, given)
    try:
        return _of(_askers.within(PATIENCE, partial(propose, kind, parameters)))
    except TimeoutError:
        sentence = f"No plan after {PATIENCE:g} seconds: a server takes the question and does not answer it."
        return Preview("unreachable", "The fleet does not answer", sentence)
    except Invalid as problem:
        return Preview("unreachable", "It cannot be planned now", str(problem))
    except Exception as defect:  # the edge: whatever a kind meets there, the form stays and says it
        logger.exception("A preview of %s met a defect", kind.name)
        return Preview("errored", "It cannot be planned", f"A defect: {type(defect).__name__}: {defect}")


def _of(proposal: Proposal) -> Preview:
    plan = proposal.plan
    if plan.refusals:
        return Preview("refused", "It would be refused", " ".join(check.reason for check in plan.refusals), plan)
    if not plan.steps:
        return Preview("done", "Nothing to do", plan.summary or "The fleet is as this would make it.", plan)
    warned = any(check.outcome is CheckOutcome.WARNED for check in plan.checks)
    state, headline = ("warning", "This would be done: read the warnings") if warned else ("ok", "This would be done")
    return Preview(state, headline, "Nothing is recorded or changed before you request it.", plan)
