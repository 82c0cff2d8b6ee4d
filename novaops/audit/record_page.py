"""What the page of one record shows: the record, whether it is what was written, and what it belongs to."""

import json
from typing import Any

from novaops.audit.canonical import canonical
from novaops.audit.comparing import Comparison, compare
from novaops.audit.models import Pruning, Record
from novaops.audit.selectors import touching
from novaops.audit.stories import MOST_RECORDS, Story, number_in, story, told
from novaops.audit.verifying import fault
from novaops.fleets.paths import fleet_path

MOST_EFFECTS = 20
SHOWN_ELSEWHERE = frozenset({"plan", "before", "after", "targets"})


def page_of_record(entry: Record) -> dict[str, Any]:
    """The context of templates/audit/change.html."""
    before = Record.objects.filter(sequence=entry.sequence - 1).first()
    following = Record.objects.filter(sequence=entry.sequence + 1).defer("data").first()
    number = number_in(entry.subject)
    whole = story(number) if number else None
    rest = {name: value for name, value in entry.data.items() if name not in SHOWN_ELSEWHERE}
    return {
        "entry": entry,
        "before": before,
        "following": following,
        "problem": fault(entry, entry.sequence, before.hash if before else _hash_before(entry)),
        "title": f"Record {entry.sequence}: {entry.verb}",
        "crumbs": [("Change log", fleet_path("changes")), (f"Record {entry.sequence}", "")],
        "story": whole,
        "effects": _effects(number),
        "asked_for_by": _asked_for_by(entry),
        "more": whole is not None and len(whole.records) == MOST_RECORDS,
        "plan": _plan(entry, whole),
        "own_plan": "plan" in entry.data,
        "comparison": _comparison(entry),
        "things": things(entry),
        "detail": json.dumps(rest, indent=2, ensure_ascii=False, sort_keys=True) if rest else "",
    }


def _hash_before(entry: Record) -> str:
    """Of the record that was taken away right before this one; the one that it names itself where there is none."""
    gone = Pruning.objects.filter(last=entry.sequence - 1).first()
    return gone.said.head if gone and gone.said else entry.previous_hash


def canonical_line(entry: Record) -> bytes:
    """The record in canonical form, exactly what was hashed, and its hash: a line of an export."""
    return canonical(entry.exported) + b"\n"


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


def _effects(number: int | None) -> list[Record]:
    """What the fleet was seen to do because of an operation: each such record names it among its targets."""
    if number is None:
        return []
    return list(told(touching(f"operation:{number}", Record.objects.order_by("sequence")))[:MOST_EFFECTS])


def _asked_for_by(entry: Record) -> int | None:
    """The operation that a record of the fleet's own doings is attributed to."""
    number = entry.data.get("operation")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _plan(entry: Record, whole: Story | None) -> Any:
    """A plan with its steps: the record's own, or the one that the operation was requested with."""
    own = entry.data.get("plan")
    if own is None and whole and whole.requested:
        own = Record.objects.get(pk=whole.requested.pk).data.get("plan")
    return own if isinstance(own, dict) and "steps" in own else None


def _comparison(entry: Record) -> Comparison | None:
    if "before" not in entry.data and "after" not in entry.data:
        return None
    return compare(entry.data.get("before"), entry.data.get("after"))
