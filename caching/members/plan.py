"""The plans to leave a Memcached server out and to take it back: pure."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from caching.members.facts import MembersFacts, MemberState
from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import human_bytes, human_number, percent, rate

EMPTY, TELL = "empty", "tell"


class MemberParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str = Field(title="Server", description="A Memcached server of the fleet.")


def plan_out(asked: MemberParameters, facts: MembersFacts) -> Plan:
    server = facts.named(asked.server)
    if server and server.out:
        return _nothing(f"{server.name} is left out already.")
    checks = tuple(_checks_out(asked.server, server, facts))
    return Plan(
        summary=f"{asked.server} is left out of L2.",
        checks=checks,
        blast=_blast_out(asked.server, server, facts),
        steps=() if _refused(checks) or server is None else (_tell(server, out=True),),
        facts=_stable(facts),
        confirm=f"leave {asked.server} out",
        expected_seconds=2.0,
    )


def plan_in(asked: MemberParameters, facts: MembersFacts) -> Plan:
    server = facts.named(asked.server)
    if server and not server.out:
        return _nothing(f"{server.name} is used already.")
    checks = (_passes_on(facts), _answers(asked.server, server))
    share = 1 / (len(facts.used) + 1)
    reason = f"About {percent(share)} of L2's keys belong to it again, and are missed once."
    return Plan(
        summary=f"{asked.server} is used again.",
        checks=checks,
        blast=BlastRadius(summary=f"{reason}{_load(facts, share)}", targets=(asked.server,)),
        steps=() if _refused(checks) or server is None else (_empty(server), _tell(server, out=False)),
        facts=_stable(facts),
        confirm=f"use {asked.server} again",
        expected_seconds=2.5,
    )


def _checks_out(name: str, server: MemberState | None, facts: MembersFacts) -> Iterator[Check]:
    yield _passes_on(facts)
    if server is None:
        yield _check("Server", "failed", f"There is no Memcached server {name}.")
        return
    others = [one.name for one in facts.used if one.name != name and not one.problem]
    if not others:
        yield _check("Others serve", "failed", f"No other Memcached server that is used answers: {name} is the last.")
    else:
        yield _check("Others serve", "passed", f"{', '.join(others)} take its keys over.")
    if server.problem:
        yield _check("Server", "warned", f"{server.problem} Applications leave it alone by themselves meanwhile.")
    else:
        yield _check("Server", "passed", f"It holds {human_number(server.items)} items, {human_bytes(server.bytes)}.")


def _passes_on(facts: MembersFacts) -> Check:
    if facts.problem:
        return _check("Applications learn it", "failed", f"They are told through L1. {facts.problem}")
    return _check("Applications learn it", "passed", "Through L1, within a second, without a restart.")


def _answers(name: str, server: MemberState | None) -> Check:
    if server is None:
        return _check("Server", "failed", f"There is no Memcached server {name}.")
    if server.problem:
        return _check("Server", "failed", f"{name} does not answer: {server.problem}")
    return _check("Server", "passed", f"It answers, with {human_number(server.items)} items, which are dropped.")


def _blast_out(name: str, server: MemberState | None, facts: MembersFacts) -> BlastRadius:
    held = sum(one.items for one in facts.used)
    share = server.items / held if server and held else 1 / max(1, len(facts.used))
    reason = f"{percent(share)} of L2's items are missed once: their keys belong to the others then."
    return BlastRadius(
        summary=f"{reason}{_load(facts, share)}",
        targets=(name,),
        keys=server.items if server else None,
        bytes=server.bytes if server else None,
    )


def _load(facts: MembersFacts, share: float) -> str:
    if facts.hits_per_second is None:
        return ""
    return f" Up to {rate(facts.hits_per_second * share)} more reads reach the database until they are cached again."


def _empty(server: MemberState) -> PlannedStep:
    return PlannedStep(
        key=EMPTY,
        title=f"Empty {server.name}",
        consequence="What it holds is from before; generations hide what changed since, and its memory is free.",
        arguments={"server": server.name},
    )


def _tell(server: MemberState, out: bool) -> PlannedStep:
    return PlannedStep(
        key=TELL,
        title=f"Tell applications that {server.name} is {'left out' if out else 'used again'}",
        consequence="They go by it within a second.",
        arguments={"server": server.name, "out": out},
    )


def _stable(facts: MembersFacts) -> dict[str, object]:
    return {"members": {one.name: [one.address, one.out] for one in facts.members}}


def _refused(checks: tuple[Check, ...]) -> bool:
    return any(check.outcome is CheckOutcome.FAILED for check in checks)


def _nothing(summary: str) -> Plan:
    return Plan(summary=summary, blast=BlastRadius(summary="Nothing changes."))


def _check(name: str, outcome: str, reason: str) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason)
