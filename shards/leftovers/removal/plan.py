"""The plan to remove one leftover. Pure."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from shards.leftovers.leftover import Leftover
from shards.leftovers.place import Place
from shards.leftovers.removal.checks import checks_of
from shards.leftovers.removal.facts import RemovalFacts
from shards.leftovers.sorts import CONTROL, DATA, REMOVING, Sort

REMOVE, DROP_SCHEMA, DELETE, VERIFY = "remove", "drop-schema", "delete-rows", "verify"
ROWS_PER_SECOND = 20_000


class LeftoverParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    leftover: str = Field(title="Leftover", description="As the page of leftovers names it.")

    @property
    def place(self) -> Place:
        return Place.parse(self.leftover)


class RemoveParameters(LeftoverParameters):
    """Of everything that holds no data."""

    @field_validator("leftover")
    @classmethod
    def _holds_none(cls, key: str) -> str:
        place = Place.parse(key)
        if place.sort in DATA:
            raise ValueError(f"A leftover of the sort {place.sort} holds data: leftover-delete removes it.")
        if not REMOVING[place.sort]:
            raise ValueError(f"A leftover of the sort {place.sort} is not removed; its page says what to do.")
        return key


class DeleteParameters(LeftoverParameters):
    """Of rows, and of what holds some."""

    @field_validator("leftover")
    @classmethod
    def _holds_some(cls, key: str) -> str:
        if Place.parse(key).sort not in DATA:
            raise ValueError("It holds no data: leftover-remove removes it.")
        return key


def plan_removal(place: Place, facts: RemovalFacts) -> Plan:
    """Nothing to do when it is gone; no steps when the shard could not be asked."""
    found = facts.leftover
    if found is None:
        return _without(place, facts)
    return Plan(
        summary=f"{found.name} is removed from {place.where} ({found.sort.label.lower()}).",
        checks=tuple(checks_of(found, facts)),
        blast=_blast(found, facts),
        steps=tuple(_steps(place, found, facts)),
        facts=_stable(place, found, facts),
        confirm=f"{'control' if place.sort in CONTROL else place.shard} {place.name}",
        point_of_no_return="" if place.sort in (Sort.TENANT_ROWS, Sort.VM_ROWS) else _first(place),
        expected_seconds=round(2 + (facts.rows or 0) / ROWS_PER_SECOND, 1),
    )


def _without(place: Place, facts: RemovalFacts) -> Plan:
    gone = f"Nothing to do: {place.sort.label.lower()} {place.name} ({place.where}) is not left behind any more."
    unknown = f"{place.sort.label} {place.name} ({place.where}) cannot be looked at now."
    return Plan(
        summary=unknown if facts.problem else gone,
        checks=(Check(name="Shard answers", outcome="failed", reason=facts.problem),) if facts.problem else (),
        blast=BlastRadius(summary="Nothing is touched."),
        facts={"leftover": place.key},
    )


def _blast(found: Leftover, facts: RemovalFacts) -> BlastRadius:
    of_tenant = found.sort in (Sort.TENANT_ROWS, Sort.TENANT_SCHEMA)
    where = (f"shard:{found.shard}",) if found.shard else ()
    return BlastRadius(
        summary=found.removing,
        targets=(*where, found.name),
        tenants=1 if of_tenant else None,
        rows=facts.rows if facts.tables else None,
        bytes=found.wal_bytes if found.wal_bytes is not None else found.bytes,
    )


def _first(place: Place) -> str:
    return DROP_SCHEMA if place.sort is Sort.TENANT_SCHEMA else REMOVE


def _steps(place: Place, found: Leftover, facts: RemovalFacts) -> Iterator[PlannedStep]:
    arguments: dict[str, Any] = {"leftover": place.key, "identity": found.identity}
    if place.sort not in (Sort.TENANT_ROWS, Sort.TENANT_SCHEMA, Sort.VM_ROWS):
        yield PlannedStep(
            key=REMOVE, title=f"Remove {found.name}", consequence=found.removing, arguments={**arguments, **_at(place)}
        )
        return
    arguments |= {"shard": place.shard, "tenant": _tenant(found), "epoch": facts.home.epoch if facts.home else None}
    if facts.own_schema:
        yield PlannedStep(
            key=DROP_SCHEMA,
            title=f"Drop the schema {facts.own_schema}",
            consequence="With all its tables; it cannot be taken back.",
            arguments={**arguments, "schema": facts.own_schema},
        )
    for one in facts.tables:
        yield PlannedStep(
            key=DELETE,
            title=f"Delete rows of {one.table}",
            consequence="In batches, each in a transaction of its own; between two it may be cancelled.",
            arguments={**arguments, "table": one.table},
        )
    yield PlannedStep(
        key=VERIFY,
        title=f"Ask {place.shard} again",
        consequence="Nothing of it is left behind.",
        arguments={**arguments, "leftover": place.key},
    )


def _at(place: Place) -> dict[str, str]:
    return {"shard": place.shard, "database": place.database}


def _tenant(found: Leftover) -> str:
    if found.sort is Sort.TENANT_ROWS:
        return found.name
    return str(found.identity.get("tenant", ""))


def _stable(place: Place, found: Leftover, facts: RemovalFacts) -> dict[str, Any]:
    """What must still be so when it is executed: not how many rows there are, nor how much WAL is held."""
    home = {"lives_on": facts.home.shard, "epoch": facts.home.epoch} if facts.home else {}
    return {"leftover": place.key, "identity": found.identity, **home}


__all__ = ["DELETE", "DROP_SCHEMA", "REMOVE", "VERIFY", "DeleteParameters", "RemoveParameters", "plan_removal"]
