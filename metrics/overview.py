"""Is the fleet well, and if not, what first? Pure: a snapshot and findings in, a verdict out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from metrics.contract import Finding, Severity, Snapshot, State
from metrics.contract.snapshot import OLD_AFTER_CYCLES, Seen, ServerSeen
from novaops.inventory.models import ServerKind
from novaops.ui.formats import duration, human_number, milliseconds

ORDER = (State.UNREACHABLE, State.DEGRADED, State.UNKNOWN, State.OK)

ANSWERED = frozenset({State.OK, State.DEGRADED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` is a badge's word; `at` is when the values were read that it rests on."""

    state: str
    title: str
    sentence: str
    at: datetime | None = None
    limit: float = 15.0


@dataclass(frozen=True, slots=True)
class ServerDot:
    """One server in the compact picture."""

    server: ServerSeen
    state: str
    cause: str


@dataclass(frozen=True, slots=True)
class KindGroup:
    kind: str
    label: str
    dots: tuple[ServerDot, ...]

    @property
    def healthy(self) -> int:
        return sum(dot.state == State.OK for dot in self.dots)

    @property
    def state(self) -> str:
        """The worst of its servers'."""
        states = {dot.state for dot in self.dots}
        return next((state.value for state in ORDER if state in states), State.UNKNOWN.value)


def limit_of(snapshot: Snapshot) -> float:
    """The age in seconds from which a value of the fleet's own cycle is old."""
    return OLD_AFTER_CYCLES * snapshot.cycle_seconds


def newest(snapshot: Snapshot) -> datetime | None:
    """When any server was last asked."""
    return max((seen.checked_at for seen in snapshot.readings if seen.checked_at), default=None)


def verdict(snapshot: Snapshot, findings: Sequence[Finding], now: datetime) -> Verdict:
    """The worst thing first: nobody looks, then what needs somebody, then what should be looked at."""
    asked, limit = newest(snapshot), limit_of(snapshot)
    if not snapshot.servers:
        return Verdict("unknown", "This fleet has no servers yet", "manage.py fleet import FILE registers them.")
    if asked is None:
        return Verdict("unknown", "No server was asked yet", "manage.py collect asks them all and keeps asking.")
    silent = (now - asked).total_seconds()
    if silent > limit:
        sentence = f"The collector is not running, or cannot reach the control database: {_worst(findings)}"
        return Verdict("warning", f"Nobody has looked for {duration(round(silent))}", sentence, asked, limit)
    return _by_findings(snapshot, findings, asked, limit)


def _worst(findings: Sequence[Finding]) -> str:
    return findings[0].sentence if findings else "what is shown is as old as each value says."


def _by_findings(snapshot: Snapshot, findings: Sequence[Finding], asked: datetime, limit: float) -> Verdict:
    critical = [one for one in findings if one.severity == Severity.CRITICAL]
    warnings = [one for one in findings if one.severity == Severity.WARNING]
    answered = _answered(snapshot)
    if critical:
        rest = f"{len(warnings)} more {'deserves' if len(warnings) == 1 else 'deserve'} a look. " if warnings else ""
        return Verdict("critical", _count(critical, "needs", "need", "somebody now"), rest + answered, asked, limit)
    if warnings:
        return Verdict("warning", _count(warnings, "deserves", "deserve", "a look"), answered, asked, limit)
    return Verdict("ok", "The fleet is well", answered, asked, limit)


def _count(findings: Sequence[Finding], one: str, many: str, what: str) -> str:
    number = "One thing" if len(findings) == 1 else f"{len(findings)} things"
    return f"{number} {one if len(findings) == 1 else many} {what}"


def _answered(snapshot: Snapshot) -> str:
    """How many of the servers answered, and how quickly."""
    count = sum(snapshot.state_of(server) in ANSWERED for server in snapshot.servers)
    took = [seen.took_ms for seen in snapshot.readings if seen.took_ms and seen.reachable]
    slowest = f", the slowest in {milliseconds(max(took))}" if took else ""
    whole = len(snapshot.servers)
    said = f"All {human_number(whole)}" if count == whole else f"{human_number(count)} of {human_number(whole)}"
    return f"{said} servers answered{slowest}."


def groups(snapshot: Snapshot) -> tuple[KindGroup, ...]:
    """Every server's state, by kind; kinds that the fleet has not are left out."""
    states = {server.id: _dot(snapshot, server) for server in snapshot.servers}
    found = [
        KindGroup(kind.value, str(kind.label), tuple(states[server.id] for server in snapshot.servers_of(kind.value)))
        for kind in ServerKind
    ]
    return tuple(group for group in found if group.dots)


def _dot(snapshot: Snapshot, server: ServerSeen) -> ServerDot:
    state = snapshot.state_of(server)
    return ServerDot(server, state.value, cause_of(snapshot, server, state))


def cause_of(snapshot: Snapshot, server: ServerSeen, state: State) -> str:
    found: list[Seen] = [one for one in snapshot.readings if one.server.id == server.id and one.state is state]
    return next((one.cause for one in found if one.cause), "")
