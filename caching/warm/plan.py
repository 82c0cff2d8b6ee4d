"""The plan to warm a tenant or a family: pure."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from caching.library.families import FAMILIES
from caching.warm.facts import WarmFacts
from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Missing, Plan, PlannedStep, applies
from novaops.ui.formats import duration, human_bytes, human_number

WARM = "warm"
FULL = 0.9


class WarmParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Literal["tenant", "family"] = Field(default="tenant", title="Scope")
    tenant: str = Field(
        default="",
        max_length=100,
        title="Tenant",
        description="Its id.",
        json_schema_extra=applies(scope=("tenant",)),
    )
    family: Literal["vm", "perm", "qr", "agg", "api"] | None = Field(
        default=None, title="Family", description="Of all tenants; or only this one of the tenant."
    )
    per_second: int = Field(
        default=100, ge=1, le=5_000, title="Reads per second", description="Of the database, at most."
    )

    @model_validator(mode="after")
    def _complete(self) -> "WarmParameters":
        if self.scope == "tenant" and not self.tenant:
            raise Missing(tenant="Say which tenant.")
        if self.scope == "family" and not self.family:
            raise Missing(family="Say which family.")
        return self

    @property
    def words(self) -> str:
        if self.scope == "family":
            return f"{self.family}: of all tenants"
        return f"{self.family}: of tenant {self.tenant}" if self.family else f"tenant {self.tenant}"


def plan_warm(asked: WarmParameters, facts: WarmFacts) -> Plan:
    checks = tuple(_checks(asked, facts))
    refused = any(check.outcome is CheckOutcome.FAILED for check in checks)
    seconds = facts.keys / asked.per_second
    step = PlannedStep(
        key=WARM,
        title=f"Load {asked.words}",
        consequence=f"By the application's own read path, at most {asked.per_second:,} reads a second; what is cached"
        " is left alone.",
        arguments={
            "tenant": asked.tenant if asked.scope == "tenant" else "",
            "families": list(facts.families),
            "per_second": asked.per_second,
        },
    )
    return Plan(
        summary=f"{asked.words[0].upper()}{asked.words[1:]} is loaded into the caches.",
        checks=checks,
        blast=BlastRadius(
            summary=f"At most {asked.per_second:,} reads a second reach the database, for at most {duration(seconds)}.",
            targets=facts.shards,
            tenants=facts.tenants,
            rows=facts.rows,
            keys=facts.keys,
            bytes=facts.bytes,
        ),
        steps=() if refused or not facts.keys else (step,),
        facts={"families": list(facts.families), "tenant": asked.tenant},
        expected_seconds=round(1 + seconds, 1),
    )


def _checks(asked: WarmParameters, facts: WarmFacts) -> Iterator[Check]:
    if facts.problem:
        yield _check("Data is reached", "failed", facts.problem)
        return
    meaning = ", ".join(FAMILIES[name].prefix for name in facts.families)
    uncounted = f", and {facts.uncounted} tenants that were not counted yet" if facts.uncounted else ""
    told = f"About {human_number(facts.keys)} entries of {meaning} from {human_number(facts.rows)} rows{uncounted}."
    yield _check("Entries", "warned" if facts.uncounted else "passed", told)
    yield _replicas(facts)
    yield _room(facts)


def _replicas(facts: WarmFacts) -> Check:
    if facts.behind:
        reason = f"Behind their primaries at this moment: {', '.join(facts.behind)}. What they lack is read from those."
        return _check("Replicas are fresh", "warned", reason)
    return _check("Replicas are fresh", "passed", "Each read asks whether the replica has all that was committed.")


def _room(facts: WarmFacts) -> Check:
    if not facts.free_bytes:
        return _check("Room in L1", "warned", "How much L1 may hold is not known yet, or not limited.")
    told = f"About {human_bytes(facts.bytes)} come; {human_bytes(facts.free_bytes)} are free in L1."
    if facts.bytes > facts.free_bytes * FULL:
        return _check("Room in L1", "failed", f"{told} Others' entries would be evicted for them.")
    return _check("Room in L1", "passed", told)


def _check(name: str, outcome: str, reason: str) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason)
