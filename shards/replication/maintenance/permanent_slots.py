"""The kinds `permanent-slot-add` and `permanent-slot-remove`: slots that Patroni keeps on whoever leads."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import (
    BlastRadius,
    Check,
    Kind,
    Lock,
    Plan,
    PlannedStep,
    Risk,
    Step,
    StepContext,
    applies,
)
from novaops.ui.formats import human_bytes
from shards.dataplane.published import SLOT_PREFIX
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.change_plan import change_steps, stable
from shards.replication.maintenance.common_checks import answers, failed, passed, warned
from shards.replication.maintenance.configure_steps import CHANGE_STEPS
from shards.replication.maintenance.following import lacks
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.slots_order import SlotFacts, gather
from shards.replication.maintenance.waiting import wait_until
from shards.replication.own_slots import slot_of
from shards.replication.switchover.facts import must_not_lead
from shards.replication.switchover.kept_slots import missing

MADE, GONE = "made", "gone"
SLOT_SECONDS = 120.0
NAME = re.compile(r"^[a-z0-9_]{1,63}$")
MOVE = re.compile(r"^novaops_op\d+_")


class SlotParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    slot: str = Field(title="Slot", description="Small letters, digits and underscores.")


class SlotAddParameters(SlotParameters):
    type: Literal["physical", "logical"] = Field(default="physical", title="Type")
    database: str = Field(default="", title="Database", json_schema_extra=applies(type=("logical",)))
    plugin: str = Field(default="pgoutput", title="Plugin", json_schema_extra=applies(type=("logical",)))


class PermanentSlotAdd(Kind[SlotAddParameters]):
    name = "permanent-slot-add"
    title = "Add a permanent slot"
    description = "Patroni makes a replication slot and keeps it on whoever leads, so that it survives a failover."
    risk = Risk.MEDIUM
    right = Right.SWITCH_OVER
    parameters = SlotAddParameters

    def locks(self, parameters: SlotAddParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: SlotAddParameters) -> SlotFacts:
        return gather(parameters.shard)

    def plan(self, parameters: SlotAddParameters, facts: SlotFacts, now: datetime) -> Plan:
        return plan_add(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return {**CHANGE_STEPS, MADE: Step(run=await_slot, timeout_seconds=SLOT_SECONDS + 30, attempts=1)}

    def inverse(self, parameters: SlotAddParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return PermanentSlotRemove.name, {"shard": parameters.shard, "slot": parameters.slot}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


class PermanentSlotRemove(Kind[SlotParameters]):
    name = "permanent-slot-remove"
    title = "Remove a permanent slot"
    description = "Patroni no longer keeps a replication slot, and drops it; its reader has to be built anew."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = SlotParameters

    def locks(self, parameters: SlotParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: SlotParameters) -> SlotFacts:
        return gather(parameters.shard)

    def plan(self, parameters: SlotParameters, facts: SlotFacts, now: datetime) -> Plan:
        return plan_remove(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return {**CHANGE_STEPS, GONE: Step(run=await_gone, timeout_seconds=SLOT_SECONDS + 30, attempts=1)}

    def inverse(self, parameters: SlotParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """One of that name, which begins at the present."""
        declared = dict(plan.facts.get("declared") or {})
        known = {name: declared[name] for name in ("type", "database", "plugin") if declared.get(name)}
        return PermanentSlotAdd.name, {"shard": parameters.shard, "slot": parameters.slot, **known}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


def declaration(parameters: SlotAddParameters) -> dict[str, str]:
    if parameters.type == "physical":
        return {"type": "physical"}
    return {"type": "logical", "database": parameters.database, "plugin": parameters.plugin}


def plan_add(parameters: SlotAddParameters, facts: SlotFacts) -> Plan:
    cluster, slot = facts.cluster, parameters.slot
    declared = (cluster.config.whole.get("slots") or {}).get(slot)
    already = declared == declaration(parameters)
    changes = {"slots": {slot: declaration(parameters)}}
    arguments = {"shard": cluster.shard, "slot": slot}
    made = PlannedStep(key=MADE, title=f"Wait until {slot} is on the leader", arguments=arguments,
                       consequence="It holds all WAL from then on until somebody reads it.")  # fmt: skip
    return Plan(
        summary=f"{slot} is a permanent slot of {cluster.shard}{' already' if already else ''}.",
        checks=() if already else tuple(_add_checks(parameters, declared, facts)),
        blast=BlastRadius(
            summary=f"{cluster.shard} holds WAL for {slot}, up to max_slot_wal_keep_size, until it is read.",
            targets=(cluster.leader.name,) if cluster.leader else (),
        ),
        steps=() if already or cluster.problem else (*change_steps(cluster, changes, f"Declare {slot}"), made),
        facts={**stable(cluster), "slot": slot},
        expected_seconds=3.0 * cluster.config.loop_wait,
    )


def plan_remove(parameters: SlotParameters, facts: SlotFacts) -> Plan:
    cluster, slot = facts.cluster, parameters.slot
    declared = (cluster.config.whole.get("slots") or {}).get(slot)
    gone = PlannedStep(key=GONE, title=f"Wait until {slot} is gone", consequence="Its WAL can go.",
                       arguments={"shard": cluster.shard, "slot": slot})  # fmt: skip
    found = facts.slots.get(slot)
    return Plan(
        summary=f"{slot} is no permanent slot of {cluster.shard} any more.",
        checks=tuple(_remove_checks(slot, declared, facts)),
        blast=BlastRadius(
            summary="A reader that comes back finds no slot and has to be built anew.",
            targets=(cluster.leader.name,) if cluster.leader else (),
            bytes=found.held if found else None,
        ),
        steps=()
        if declared is None or cluster.problem
        else (*change_steps(cluster, {"slots": {slot: None}}, f"Take {slot} out of the configuration"), gone),
        facts={**stable(cluster), "slot": slot, "declared": declared},
        confirm=f"{cluster.scope} {slot} remove",
        expected_seconds=3.0 * cluster.config.loop_wait,
    )


def _add_checks(parameters: SlotAddParameters, declared: Any, facts: SlotFacts) -> Iterable[Check]:
    cluster, slot = facts.cluster, parameters.slot
    yield answers(cluster)
    if cluster.problem:
        return
    if facts.problem:
        yield failed("Leader", facts.problem)
        return
    yield _name(slot, declared, facts)
    if slot in facts.slots:
        found = facts.slots[slot]
        sentence = f"A {found.type} slot {slot} is there already; Patroni takes it over if it is of the same sort."
        same = (found.type, found.database) == (parameters.type, parameters.database)
        yield (warned if same else failed)("Not there yet", sentence)
    if parameters.type == "logical":
        yield _database(parameters, facts)
        restarts = "Patroni restarts each replica once when it copies a logical slot to it for the first time."
        yield warned("Restarts", restarts)
    yield warned("WAL", f"{slot} holds WAL from the moment it is made: have its reader ready.")


def _name(slot: str, declared: Any, facts: SlotFacts) -> Check:
    if not NAME.match(slot):
        return failed("Name", f"{slot} is no name of a slot: small letters, digits and underscores, 63 at most.")
    of_members = {slot_of(member.name): member.name for member in facts.cluster.cluster.members}
    if slot in of_members:
        return failed(
            "Name", f"{slot} is the slot of the member {of_members[slot]}: Patroni makes and drops it itself."
        )
    if declared is not None:
        return failed("Name", f"{slot} is declared already, as {declared}. Remove it first.")
    return passed("Name", f"No other slot is called {slot}.")


def _database(parameters: SlotAddParameters, facts: SlotFacts) -> Check:
    if not parameters.database or not parameters.plugin:
        return failed("Database", "A logical slot needs a database and a plugin.")
    if parameters.database not in facts.databases:
        return failed(
            "Database", f"There is no database {parameters.database}; there are: {', '.join(facts.databases)}."
        )
    return passed("Database", f"{parameters.database}, decoded by {parameters.plugin}.")


def _remove_checks(slot: str, declared: Any, facts: SlotFacts) -> Iterable[Check]:
    yield answers(facts.cluster)
    if facts.cluster.problem:
        return
    if facts.problem:
        yield failed("Leader", facts.problem)
        return
    if declared is None:
        names = ", ".join(facts.cluster.config.permanent_slots) or "none"
        yield failed("Permanent", f"{slot} is no permanent slot; permanent are: {names}.")
        return
    yield passed("Permanent", f"It is declared as {declared}.", declared=declared)
    yield _unused(slot, facts)


def _unused(slot: str, facts: SlotFacts) -> Check:
    found = facts.slots.get(slot)
    held = human_bytes(found.held) if found and found.held is not None else "no WAL"
    if slot.startswith(SLOT_PREFIX):
        return failed(
            "Not in use", f"{slot} is the change stream's: without it the caches are no longer told of changes."
        )
    if MOVE.match(slot):
        return failed("Not in use", f"{slot} belongs to the move of a tenant: cancel or finish the move instead.")
    if found and found.active:
        return failed("Not in use", f"Somebody reads from {slot} now: stop its reader first.")
    return passed("Not in use", f"Nobody reads from {slot}; it holds {held}.")


def await_slot(context: StepContext) -> str:
    shard, slot = context.arguments["shard"], context.arguments["slot"]
    took = wait_until(context, SLOT_SECONDS, partial(_not_there, shard, slot))
    return f"{slot} is on all members of {shard} that may need it, after {took:.0f} s."


def await_gone(context: StepContext) -> str:
    shard, slot = context.arguments["shard"], context.arguments["slot"]
    took = wait_until(context, SLOT_SECONDS, partial(_still_there, shard, slot))
    return f"{slot} is gone from the leader of {shard}, after {took:.0f} s."


def _not_there(shard: str, slot: str) -> str:
    """A logical one is copied to the replicas, each of which restarts for it."""
    facts = gather(shard)
    if facts.problem or slot not in facts.slots:
        return facts.problem or f"Patroni has not made {slot} yet."
    copied = facts.slots[slot].type == "logical" and not facts.cluster.cluster.paused
    heirs = _heirs(facts.cluster) if copied else []
    return next((lack for one in heirs if (lack := _not_on(one, slot, facts.cluster))), "")


def _heirs(cluster: ClusterFacts) -> list[str]:
    """The replicas that Patroni copies logical slots to, of those that answer."""
    replicas = [one for one in cluster.cluster.members if not one.leads and not must_not_lead(one.tags)]
    return [one.name for one in replicas if cluster.word(one.name).answered]


def _not_on(member: str, slot: str, cluster: ClusterFacts) -> str:
    target = live.target("postgres", cluster.shard, member)
    return missing(target, (slot,)) or lacks(cluster, member)


def _still_there(shard: str, slot: str) -> str:
    facts = gather(shard)
    return facts.problem or (f"Patroni has not dropped {slot} yet." if slot in facts.slots else "")
