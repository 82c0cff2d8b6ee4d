"""The kind `synchronous-mode`: whether commits wait for standbys, for how many, and what happens without any."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Check, Kind, Lock, Plan, PlannedStep, Risk, Step, StepContext
from shards.clients.patroni_replies import Member
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.change_plan import change_steps, stable
from shards.replication.maintenance.common_checks import answers, failed, leader_runs, passed, warned
from shards.replication.maintenance.configure_steps import CHANGE_STEPS
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.merge import differences, pruned
from shards.replication.maintenance.waiting import wait_until
from shards.replication.switchover.facts import must_not_lead

STANDBYS = "standbys"
STANDBYS_SECONDS = 120.0
QUORUM_SINCE = (4, 0)
STREAMING, CASCADED = "streaming", "replicatefrom"


class Mode(StrEnum):
    OFF = "off"
    ON = "on"
    STRICT = "strict"
    QUORUM = "quorum"


LABELS = {
    Mode.OFF: "Off: commits wait for nobody",
    Mode.ON: "On: for named standbys, while there are any",
    Mode.STRICT: "Strict: writes stop when there is no standby",
    Mode.QUORUM: "Quorum: for any of several (Patroni 4)",
}


class SynchronousParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    mode: Mode = Field(title="Mode")
    nodes: int = Field(default=1, ge=1, le=16, title="Standbys", description="For how many of them a commit waits.")


class SynchronousMode(Kind[SynchronousParameters]):
    name = "synchronous-mode"
    title = "Set synchronous mode"
    description = "Says whether commits of a shard wait for standbys, and for how many."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = SynchronousParameters

    def locks(self, parameters: SynchronousParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: SynchronousParameters) -> ClusterFacts:
        return live.read_to_change(parameters.shard)

    def plan(self, parameters: SynchronousParameters, facts: ClusterFacts, now: datetime) -> Plan:
        return plan_synchronous(parameters.mode, parameters.nodes, facts)

    def steps(self) -> Mapping[str, Step]:
        standbys = Step(run=await_standbys, timeout_seconds=STANDBYS_SECONDS + 30, attempts=1)
        return {**CHANGE_STEPS, STANDBYS: standbys}

    def inverse(self, parameters: SynchronousParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return self.name, {"shard": parameters.shard, "mode": plan.facts["mode"], "nodes": plan.facts["nodes"]}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards(), "mode": [(mode.value, LABELS[mode]) for mode in Mode]}


def mode_of(facts: ClusterFacts) -> Mode:
    if facts.config.synchronous_mode == Mode.QUORUM:
        return Mode.QUORUM
    return Mode.OFF if not facts.synchronous else Mode.STRICT if facts.strict else Mode.ON


def plan_synchronous(mode: Mode, nodes: int, facts: ClusterFacts) -> Plan:
    whole, was = facts.config.whole, mode_of(facts)
    changes = pruned(_changes(mode, nodes, whole), whole)
    same = not changes and not facts.problem
    said = f"{facts.shard}: synchronous mode {mode.value}" + (f", {_standbys(nodes)}" if mode is not Mode.OFF else "")
    expected = _expected(mode, nodes, facts)
    last = PlannedStep(
        key=STANDBYS,
        title=f"Wait until there {'is' if expected == 1 else 'are'} {_standbys(expected)}"
        if expected
        else "Wait until commits wait for nobody",
        consequence=_from_then_on(mode, nodes, expected),
        arguments={"shard": facts.shard, "expected": expected, "quorum": mode is Mode.QUORUM},
    )
    return Plan(
        summary=f"{said} already." if same else f"{said}.",
        checks=() if same else tuple(_checks(mode, nodes, changes, facts)),
        blast=BlastRadius(summary=_consequence(mode, nodes), targets=tuple(m.name for m in facts.cluster.members)),
        steps=() if same or facts.problem else (*change_steps(facts, changes, f"Set {said}"), last),
        facts={**stable(facts), "mode": was.value, "nodes": facts.config.synchronous_node_count},
        confirm=f"{facts.scope} synchronous {mode.value}",
        expected_seconds=4.0 * facts.config.loop_wait,
    )


def _expected(mode: Mode, nodes: int, facts: ClusterFacts) -> int:
    """How many are synchronous in the end: all that stream from the leader and may lead are part of a quorum."""
    able = _able(facts)
    if mode is Mode.OFF:
        return 0
    if mode is not Mode.QUORUM:
        return min(nodes, len(able))
    return sum(one.state == STREAMING and not must_not_lead(one.tags) and not one.tags.get(CASCADED) for one in able)


def _from_then_on(mode: Mode, nodes: int, expected: int) -> str:
    if not expected:
        return "A failover may lose commits."
    them = f"{min(nodes, expected)} of them" if mode is Mode.QUORUM else "them"
    return f"From then on what is confirmed is on {them} too."


def _standbys(count: int) -> str:
    return f"{count} synchronous standby{'s' if count != 1 else ''}"


def _changes(mode: Mode, nodes: int, whole: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"synchronous_mode": "quorum" if mode is Mode.QUORUM else mode is not Mode.OFF}
    if mode is Mode.STRICT or whole.get("synchronous_mode_strict"):
        wanted["synchronous_mode_strict"] = mode is Mode.STRICT
    if mode is not Mode.OFF and (nodes != 1 or whole.get("synchronous_node_count")):
        wanted["synchronous_node_count"] = nodes
    return wanted


def _checks(mode: Mode, nodes: int, changes: Mapping[str, Any], facts: ClusterFacts) -> Iterable[Check]:
    yield answers(facts)
    if facts.problem:
        return
    for one in differences(facts.config.whole, changes):
        yield passed("Change", one.sentence, old=one.old, new=one.new)
    yield leader_runs(facts)
    if mode is Mode.QUORUM and facts.version < QUORUM_SINCE:
        version = ".".join(map(str, facts.version)) or "of an unknown version"
        yield failed("Patroni", f"Quorum commit needs Patroni 4.0 on every member; the oldest here is {version}.")
    if mode is Mode.OFF:
        yield warned("Standbys", "A failover may lose commits that were confirmed.")
    else:
        yield _enough(mode, nodes, facts)


def _able(facts: ClusterFacts) -> list[Member]:
    return [one for one in facts.cluster.members if one.healthy and not one.leads and not one.tags.get("nosync")]


def _enough(mode: Mode, nodes: int, facts: ClusterFacts) -> Check:
    able = _able(facts)
    sentence = f"{len(able)} members may be synchronous standbys; {nodes} wanted."
    if mode is Mode.STRICT and len(able) < nodes + 1:
        spare = failed if not able else warned
        return spare("Standbys", f"{sentence} In strict mode writes stop when one too many is away.")
    return passed("Standbys", sentence) if len(able) >= nodes else warned("Standbys", sentence)


def _consequence(mode: Mode, nodes: int) -> str:
    if mode is Mode.OFF:
        return "Commits wait for no standby any more."
    waits = f"Every commit waits for {nodes} standby{'s' if nodes > 1 else ''}"
    return f"{waits}; without them writes stop." if mode is Mode.STRICT else f"{waits}, while there are any."


def await_standbys(context: StepContext) -> str:
    shard, expected = context.arguments["shard"], context.arguments["expected"]
    took = wait_until(context, STANDBYS_SECONDS, partial(_missing, shard, expected, context.arguments["quorum"]))
    names = standbys(live.read(shard))
    return f"Synchronous now: {', '.join(names) or 'nobody'}, after {took:.0f} s."


def standbys(facts: ClusterFacts) -> list[str]:
    return [one.name for one in facts.cluster.members if one.synchronous]


def _missing(shard: str, expected: int, quorum: bool) -> str:
    """Of a quorum all members are part that may be."""
    facts = live.read(shard)
    found = standbys(facts)
    if facts.problem:
        return facts.problem
    enough = len(found) >= expected if quorum else len(found) == expected
    return "" if enough else f"{_standbys(len(found))}, not {expected}."
