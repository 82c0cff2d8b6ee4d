"""The one way to change the fleet, and the rules that changes follow. All faces call these."""

from novaops.operations.acknowledging import acknowledge
from novaops.operations.approving import approve, reject, withdraw
from novaops.operations.confirming import confirm
from novaops.operations.freezes import lift_freeze, make_freeze
from novaops.operations.pausing import pause_recurrence, resume_recurrence
from novaops.operations.policies import set_rule
from novaops.operations.previewing import preview
from novaops.operations.recurring import end_recurrence, make_recurrence
from novaops.operations.refusing import demand_right
from novaops.operations.requesting import request, take_back
from novaops.operations.stopping import cancel, pause, resume

__all__ = [
    "acknowledge",
    "approve",
    "cancel",
    "confirm",
    "demand_right",
    "end_recurrence",
    "lift_freeze",
    "make_freeze",
    "make_recurrence",
    "pause",
    "pause_recurrence",
    "preview",
    "reject",
    "request",
    "resume",
    "resume_recurrence",
    "set_rule",
    "take_back",
    "withdraw",
]
