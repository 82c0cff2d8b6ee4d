"""What the page of one operation shows, put into words."""

from typing import Any

from novaops.fleets.paths import fleet_path
from novaops.operations import registry
from novaops.operations.choices import Status
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.safe_points import pause_refusal
from novaops.operations.selectors import Detail, detail

SENTENCES = {
    "planned": "Read the plan below. Nothing has been changed yet.",
    "queued": "Confirmed. The next free worker takes it.",
    "paused": "It rests, and keeps what it holds. Resume it, or cancel it.",
    "pausing": "It rests at its next safe point.",
    "reverting": "What had been done is being taken back.",
    "cancelling": "It stops at its next safe point.",
    "expired": "Nobody confirmed it in time: the fleet may have changed since. Request it again.",
}


def page_of(operation: Operation, rights: frozenset[Any]) -> dict[str, Any]:
    """The context of templates/operations/operation.html."""
    shown = detail(operation)
    kind = next((kind for kind in registry.kinds() if kind.name == operation.kind), None)
    may_act = kind is not None and kind.right in rights
    plan = operation.plan
    return {
        "operation": operation,
        "kind": kind,
        "detail": shown,
        "plan": plan,
        "may_act": may_act,
        "confirmable": may_act and shown.state == "planned",
        "cancellable": may_act and not shown.cancel_refusal and not operation.state.terminal,
        "pausable": may_act and not pause_refusal(operation),
        "resumable": may_act and (operation.status == Status.PAUSED or shown.state == "pausing"),
        "running": operation.status == Status.RUNNING,
        "dangerous": operation.risk in (Risk.HIGH, Risk.BREAK_GLASS),
        "holders": [check.evidence["operation"] for check in plan.refusals if "operation" in check.evidence],
        "headline": f"{shown.label}: {operation.title}" if shown.state != "planned" else "Waits for a confirmation",
        "sentence": operation.outcome or SENTENCES.get(shown.state, "") or _where(shown),
        "progress": f"{shown.done} of {len(shown.steps)} done",
        "fingerprint": f"fingerprint {operation.fingerprint[:8]}",
        "events": f"operation-{operation.pk}",
        "crumbs": [("Operations", fleet_path("operations")), (f"Operation {operation.pk}", "")],
        "unconfirmed": not shown.steps,
        "confirm_url": fleet_path("operation-confirm", pk=operation.pk),
        "pause_url": fleet_path("operation-pause", pk=operation.pk),
        "resume_url": fleet_path("operation-resume", pk=operation.pk),
        "cancel_url": fleet_path("operation-cancel", pk=operation.pk),
    }


def _where(shown: Detail) -> str:
    """Which step it is at, and what that step says of itself."""
    current = next((step for step in shown.steps if step.status == "running"), None)
    if current is None:
        return "The worker asks the fleet again, and compares it with the plan."
    return f"Step {current.index + 1} of {len(shown.steps)}: {current.title}."
