"""The kinds of operations `leftover-remove` and `leftover-delete`: the first holds no data, the second does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.leftovers.place import Place
from shards.leftovers.removal import rows, things
from shards.leftovers.removal.facts import RemovalFacts
from shards.leftovers.removal.gather import gather
from shards.leftovers.removal.plan import (
    DELETE,
    DROP_SCHEMA,
    REMOVE,
    VERIFY,
    DeleteParameters,
    LeftoverParameters,
    RemoveParameters,
    plan_removal,
)
from shards.leftovers.selectors import stored
from shards.leftovers.sorts import DELETE_KIND, REMOVE_KIND, Sort

# As often as it takes to outlast a worker that froze while another session kept its fence.
STEP = Step(run=things.remove, done=things.gone, timeout_seconds=60, attempts=8)

Parameters = TypeVar("Parameters", bound=LeftoverParameters)


class _Removal(Kind[Parameters]):
    """What both share: a leftover is looked for, judged and planned in one way, whatever it holds."""

    def locks(self, parameters: Parameters) -> tuple[Lock, ...]:
        return locks_of(parameters.place)

    def gather(self, parameters: Parameters) -> RemovalFacts:
        return gather(parameters.place)

    def plan(self, parameters: Parameters, facts: Any, now: datetime) -> Plan:
        return plan_removal(parameters.place, facts)


class LeftoverRemove(_Removal[RemoveParameters]):
    name: ClassVar[str] = REMOVE_KIND
    title: ClassVar[str] = "Remove a leftover"
    description: ClassVar[str] = (
        "Takes away a slot, publication, subscription, fence, empty table, invalid index, pause of a pool or lock that"
        " nobody needs any more. Nothing that it removes holds data."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.SWITCH_OVER
    parameters = RemoveParameters

    def steps(self) -> Mapping[str, Step]:
        return {REMOVE: STEP}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"leftover": choices(data=False)}


class LeftoverDelete(_Removal[DeleteParameters]):
    name: ClassVar[str] = DELETE_KIND
    title: ClassVar[str] = "Delete leftover data"
    description: ClassVar[str] = (
        "Deletes the rows of a tenant that lives on another shard, rows whose VM is gone, or rolls a forgotten prepared"
        " transaction back. What it deletes cannot be brought back from here."
    )
    risk: ClassVar[Risk] = Risk.HIGH
    right: ClassVar[Right] = Right.CHANGE_PLACEMENT
    parameters = DeleteParameters

    def steps(self) -> Mapping[str, Step]:
        return {
            REMOVE: STEP,
            DROP_SCHEMA: Step(run=rows.drop_schema, done=rows.schema_gone, timeout_seconds=120, attempts=8),
            DELETE: Step(run=rows.delete, done=rows.deleted, timeout_seconds=24 * 3600, attempts=10),
            VERIFY: Step(run=rows.verify, timeout_seconds=120, attempts=3),
        }

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"leftover": choices(data=True)}


def locks_of(place: Place) -> tuple[Lock, ...]:
    """The shard, and the tenant whose rows go, so that it is not moved meanwhile. A lock that was left behind cannot be
    taken: the removal takes one of its own."""
    if place.sort.of_control:
        return (Lock("leftover", place.key),)
    tenant = (Lock("tenant", place.name),) if place.sort is Sort.TENANT_ROWS else ()
    return (Lock("shard", place.shard), *tenant)


def choices(data: bool) -> list[tuple[str, str]]:
    """Those that were found and may be removed."""
    several = (one for one in stored(snapshot()) if one.removable and one.sort.destroys_data is data)
    return [(one.key, f"{one.sort.label} {one.name} ({one.place.where})") for one in several]
