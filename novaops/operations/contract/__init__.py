"""What a kind of operation is made of: the types that every room which acts on the fleet builds with."""

from novaops.operations.contract.fields import applies, lines, unit, unit_of
from novaops.operations.contract.kinds import Kind, Lock, Risk, Step, StepContext
from novaops.operations.contract.plans import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.operations.contract.problems import Missing, OperationProblem, PermanentProblem, TransientProblem

__all__ = [
    "BlastRadius",
    "Check",
    "CheckOutcome",
    "Kind",
    "Lock",
    "Missing",
    "OperationProblem",
    "PermanentProblem",
    "Plan",
    "PlannedStep",
    "Risk",
    "Step",
    "StepContext",
    "TransientProblem",
    "applies",
    "lines",
    "unit",
    "unit_of",
]
