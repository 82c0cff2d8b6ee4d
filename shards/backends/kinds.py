"""The kinds of operations `backend-cancel` and `backend-terminate`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.backends.facts import BackendFacts
from shards.backends.gather import gather
from shards.backends.plans import plan_cancel, plan_terminate
from shards.backends.steps import STEPS


def _as_postgres_writes(given: Any) -> Any:
    """PostgreSQL shortens whole hours of a zone to +00, which ISO 8601 in Python's reading has as +00:00."""
    return re.sub(r"([+-]\d\d)$", r"\1:00", given.strip()) if isinstance(given, str) and ":" in given else given


class BackendParameters(BaseModel):
    """`started` tells the session from a later one of the same process number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str = Field(title="Server", min_length=1, description="The member whose session it is.")
    pid: int = Field(title="Process", ge=1, description="Its number, as pg_stat_activity says.")
    started: Annotated[AwareDatetime, BeforeValidator(_as_postgres_writes)] = Field(
        title="Began at", description="Its backend_start, to the microsecond: 2026-11-29 07:50:29.123456+00."
    )


class _OfBackend(Kind[BackendParameters]):
    right: ClassVar[Right] = Right.CHANGE_POOLS
    parameters = BackendParameters

    def locks(self, parameters: BackendParameters) -> tuple[Lock, ...]:
        return (Lock("backend", f"{parameters.server}:{parameters.pid}"),)

    def gather(self, parameters: BackendParameters) -> BackendFacts:
        return gather(parameters.server, parameters.pid)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        seen = snapshot()
        found = [(one.name, shard.name) for shard in seen.shards for one in seen.servers_of("postgres", shard.name)]
        return {"server": [(name, f"{name} ({shard})") for name, shard in found]}


class BackendCancel(_OfBackend):
    name: ClassVar[str] = "backend-cancel"
    title: ClassVar[str] = "Cancel a statement"
    description: ClassVar[str] = "Ends the statement that a session runs now; the session itself goes on."
    risk: ClassVar[Risk] = Risk.LOW

    def plan(self, parameters: BackendParameters, facts: Any, now: datetime) -> Plan:
        return plan_cancel(parameters.server, parameters.pid, parameters.started, facts)


class BackendTerminate(_OfBackend):
    name: ClassVar[str] = "backend-terminate"
    title: ClassVar[str] = "End a session"
    description: ClassVar[str] = (
        "Closes a session's connection: its transaction is rolled back, and what waits for its locks goes on."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM

    def plan(self, parameters: BackendParameters, facts: Any, now: datetime) -> Plan:
        return plan_terminate(parameters.server, parameters.pid, parameters.started, facts)
