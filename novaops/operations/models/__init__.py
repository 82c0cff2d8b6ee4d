"""What the act road keeps: operations with their steps, who approved them, and the rules of the fleet."""

from novaops.operations.models.approvals import Approval
from novaops.operations.models.operations import Operation, OperationLock, OperationLog, OperationStep
from novaops.operations.models.rules import Freeze, Policy, Recurrence

__all__ = [
    "Approval",
    "Freeze",
    "Operation",
    "OperationLock",
    "OperationLog",
    "OperationStep",
    "Policy",
    "Recurrence",
]
