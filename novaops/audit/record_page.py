"""What the page of one record shows: the record, whether it is what was written, and what it belongs to."""

import json
from dataclasses import asdict
from typing import Any

from novaops.audit.canonical import canonical
from novaops.audit.comparing import Comparison, compare
from novaops.audit.models import Record
from novaops.audit.stories import MOST_RECORDS, Story, number_in, story
from novaops.audit.verifying import fault
from novaops.fleets.paths import fleet_path

SHOWN_ELSEWHERE = frozenset({"plan", "before", "after", "targets"})


def page_of_record(entry: Record) -> dict[str, Any]:
    """The context of templates/audit/change.html."""
    before = Record.objects.filter(sequence=entry.sequence - 1).first()
    following = Record.objects.filter(sequence=entry.sequence + 1).defer("data").first()
    number = number_in(entry.subject)
    told = story(number) if number else None
    rest = {name: value for name, value in entry.data.items() if name not in SHOWN_ELSEWHERE}
    return {
        "entry": entry,
        "before": before,
        "following": following,
        "problem": fault(entry, entry.sequence, before.hash if before else entry.previous_hash),
        "title": f"Record {entry.sequence}: {entry.verb}",
        "crumbs": [("Change log", fleet_path("changes")), (f"Record {entry.sequence}", "")],
        "story": told,
        "more": told is not None and len(told.records) == MOST_RECORDS,
        "plan": _plan(entry, told),
        "own_plan": "plan" in entry.data,
        "comparison": _comparison(entry),
        "things": things(entry),
        "detail": json.dumps(rest, indent=2, ensure_ascii=False, sort_keys=True) if rest else "",
    }


def canonical_line(entry: Record) -> bytes:
    """The record in canonical form, exactly what was hashed, and its hash: a line of an export."""
    return canonical({**asdict(entry.body), "hash": entry.hash}) + b"\n"


def things(entry: Record) -> list[tuple[str, str]]:
    """What it touches, as text and the address of its timeline."""
    targets = entry.data.get("targets")
    named = [target for target in targets if isinstance(target, str)] if isinstance(targets, list) else []
    pairs = [(target, *target.partition(":")[::2]) for target in dict.fromkeys([*named, entry.subject])]
    return [
        (target, fleet_path("timeline", scope=scope, name=name))
        for target, scope, name in pairs
        if scope.replace("-", "").isalnum() and name and scope != "operation"
    ]


def _plan(entry: Record, told: Story | None) -> Any:
    """A plan with its steps: the record's own, or the one that the operation was requested with."""
    own = entry.data.get("plan")
    if own is None and told and told.requested:
        own = Record.objects.get(pk=told.requested.pk).data.get("plan")
    return own if isinstance(own, dict) and "steps" in own else None


def _comparison(entry: Record) -> Comparison | None:
    if "before" not in entry.data and "after" not in entry.data:
        return None
    return compare(entry.data.get("before"), entry.data.get("after"))
