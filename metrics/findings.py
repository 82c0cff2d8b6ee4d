"""Everything that a person should know now: rules of all rooms over one snapshot. Rooms register theirs in ready()."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from metrics.contract import Finding, Snapshot
from metrics.models import StandingFinding

Rule = Callable[[Snapshot, datetime], Iterable[Finding]]
_rules: list[Rule] = []


def register(rule: Rule) -> None:
    """Adds a rule, from a snapshot and the time to findings: pure, or reading what the control database holds. A
    second time changes nothing."""
    if rule not in _rules:
        _rules.append(rule)


def evaluate(snapshot: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """What all rules find, the worst first, one of each key; what follows from another one is counted with it."""
    found: dict[str, Finding] = {}
    for rule in _rules:
        for finding in rule(snapshot, now):
            known = found.get(finding.key)
            if known is None or known.severity < finding.severity:
                found[finding.key] = finding
    return in_order(folded(found))


def folded(found: Mapping[str, Finding]) -> Iterator[Finding]:
    """Without what another one explains; that one says how many these are. A cause may have a cause itself."""
    causes = {key: one.key for one in found.values() for key in one.explains if key != one.key and key in found}
    counts = Counter(_root(key, causes) for key in causes)
    for key, one in found.items():
        if key in causes:
            continue
        count = counts[key]
        told = f"{'One more finding follows' if count == 1 else f'{count} more findings follow'} from it."
        yield replace(one, next_step=f"{one.next_step} {told}".strip()) if count else one


def _root(key: str, causes: Mapping[str, str]) -> str:
    passed = set[str]()
    while key in causes and key not in passed:
        passed.add(key)
        key = causes[key]
    return key


def in_order(several: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first; of the same severity by subject, so that the list does not jump."""
    return tuple(sorted(several, key=lambda one: (-one.severity, one.subject, one.key)))


def current(snapshot: Snapshot, now: datetime) -> tuple[Finding, ...]:
    """The same with the time since when each stands, as the collectors remember it."""
    return dated(evaluate(snapshot, now), dict(StandingFinding.objects.values_list("key", "since")))


def dated(several: Iterable[Finding], since: dict[str, datetime]) -> tuple[Finding, ...]:
    """With the time since when each stands, where the finding itself does not know."""
    return tuple(one if one.since else replace(one, since=since.get(one.key)) for one in several)
