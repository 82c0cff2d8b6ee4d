"""What the page of one operation shows, put into words."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.approvals import counting, waiting_for
from novaops.operations.asked_for import asked_for
from novaops.operations.choices import EXPIRING, FRUITLESS, UNSTARTED, Status
from novaops.operations.companions import companions_of
from novaops.operations.contract import Kind, Risk
from novaops.operations.controls import controls_of
from novaops.operations.decision_forms import CRONTABS, ConfirmForm, RepeatForm
from novaops.operations.expiry import outcome_of
from novaops.operations.how_far import how_far, how_far_each
from novaops.operations.locking import holders
from novaops.operations.models import Operation
from novaops.operations.policies import rule_of
from novaops.operations.selectors import Detail, detail
from novaops.operations.zones import in_zone, zone_names

CHILDREN = 100
SENTENCES = {
    "planned": "Read the plan below. Nothing has been changed yet.",
    "queued": "Confirmed. The next free worker takes it.",
    "paused": "It rests, and keeps what it holds. Resume it, or cancel it.",
    "pausing": "It rests at its next safe point.",
    "reverting": "What had been done is being taken back.",
    "cancelling": "It stops at its next safe point.",
}
CHANGED = "The fleet changed since it was planned, so nothing was carried out. What changed stands below."
ACTS = (
    "confirm",
    "repeat",
    "approve",
    "reject",
    "withdraw",
    "pause",
    "resume",
    "cancel",
    "acknowledge",
    "take-back",
)


def page_of(operation: Operation, person: Person, rights: Collection[Right]) -> dict[str, Any]:
    """The context of templates/operations/operation.html."""
    shown, plan = detail(operation), operation.plan
    kind = next((kind for kind in registry.kinds() if kind.name == operation.kind), None)
    return {
        "operation": operation,
        "kind": kind,
        "detail": shown,
        "asked": asked_for(kind.parameters if kind else None, operation.parameters),
        "companions": companions_of(operation),
        "plan": plan,
        "may": controls_of(operation, kind, person, rights),
        "url": {act.replace("-", "_"): fleet_path(f"operation-{act}", pk=operation.pk) for act in ACTS},
        "running": operation.status == Status.RUNNING,
        "dangerous": operation.risk in (Risk.HIGH, Risk.BREAK_GLASS),
        "holders": _holders(operation),
        "headline": f"{shown.label}: {operation.title}" if shown.state != "planned" else "Waits for a confirmation",
        "sentence": CHANGED if operation.changed else operation.outcome or _sentence(shown),
        "again": _again(operation, kind, rights),
        "progress": f"{shown.done} of {len(shown.steps)} done",
        "fingerprint": f"fingerprint {operation.fingerprint[:8]}",
        "events": f"operation-{operation.pk}",
        "crumbs": [("Operations", fleet_path("operations")), (f"Operation {operation.pk}", "")],
        "plan_first": not shown.steps or operation.state in EXPIRING,
        "due": in_zone(operation.due_at, operation.time_zone) if operation.due_at else "",
        **_people(operation),
        **_forms(operation, person),
    }


def _people(operation: Operation) -> dict[str, Any]:
    """Who has said what about it, and what it is linked with."""
    return {
        "approvals": list(operation.approvals.all()),
        "approved": f"{len(counting(operation))} of {operation.approvals_needed}",
        "rule": rule_of(operation.risk),
        "taken_back_by": list(operation.taken_back_by.defer("plan_json").order_by("id")),
        "recurrence": operation.recurrence,
        **_children(operation),
    }


def _children(operation: Operation) -> dict[str, Any]:
    """The operations that it requested, those that are not over first; with how far each is."""
    found = sorted(operation.children.defer("plan_json").order_by("-id"), key=lambda one: one.state.terminal)
    open_ones = sum(not one.state.terminal for one in found)
    far = how_far_each(found[:CHILDREN])
    return {
        "children": [(one, far.get(one.pk, "")) for one in found[:CHILDREN]],
        "children_note": f"{open_ones} of {len(found)} under way" if open_ones else "none under way",
    }


def _forms(operation: Operation, person: Person) -> dict[str, Any]:
    """Times begin in the zone that the person used last."""
    used = Operation.objects.filter(confirmed_by=person, due_at__isnull=False).order_by("-id")
    first = {"time_zone": used.values_list("time_zone", flat=True).first() or "UTC"}
    return {
        "confirm_form": ConfirmForm(initial=first),
        "repeat_form": RepeatForm(initial=first),
        "zones": zone_names(),
        "crontabs": CRONTABS,
    }


def _again(operation: Operation, kind: Kind[Any] | None, rights: Collection[Right]) -> str:
    """The request form with what this one asked for; empty while it goes on, once it is done, or without the right."""
    if kind is None or kind.right not in rights or operation.status not in FRUITLESS:
        return ""
    given = {name: value for name, value in operation.parameters.items() if value not in (None, "", [])}
    query = urlencode({**given, "reason": operation.reason, "ticket": operation.ticket}, doseq=True)
    return f"{fleet_path('operation-request', kind=kind.name)}?{query}"


def _holders(operation: Operation) -> list[int]:
    """What holds a lock that it needs: when it was planned, or now."""
    then = {check.evidence["operation"] for check in operation.plan.refusals if "operation" in check.evidence}
    waits = operation.state in UNSTARTED
    now = {lock.operation_id for lock in holders(operation.wanted_locks, but=operation.pk)} if waits else set()
    return sorted(then | now)


def _sentence(shown: Detail) -> str:
    operation = shown.operation
    if operation.expired:
        return outcome_of(operation)
    if operation.state is Status.WAITING:
        return f"It waits for {waiting_for(operation)}."
    if operation.state is Status.SCHEDULED and operation.due_at:
        due = in_zone(operation.due_at, operation.time_zone)
        return f"It starts at {due}. The fleet is asked again then, and compared with the plan."
    return SENTENCES.get(shown.state, "") or _where(shown)


def _where(shown: Detail) -> str:
    where = how_far(shown.steps)
    return f"{where}." if where else "The worker asks the fleet again, and compares it with the plan."
