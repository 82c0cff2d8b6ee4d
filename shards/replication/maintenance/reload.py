"""The kind `member-reload`: a member's Patroni reads its own file again, and its PostgreSQL what comes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import (
    BlastRadius,
    Kind,
    Lock,
    PermanentProblem,
    Plan,
    PlannedStep,
    Risk,
    Step,
    StepContext,
    TransientProblem,
)
from shards.clients.patroni import Patroni
from shards.clients.postgres import Sessions
from shards.exceptions import Refused, ShardError
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.common_checks import answers, is_member
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.waiting import wait_until

RELOAD = "reload"
RELOAD_SECONDS = 60.0
LOADED = "SELECT pg_conf_load_time()::text AS loaded"


class ReloadParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    member: str = Field(title="Member", description="Whose configuration is read again.")


class ReloadFacts(BaseModel):
    """`loaded` is when its PostgreSQL last read its configuration; empty when it could not be asked."""

    model_config = ConfigDict(frozen=True)

    cluster: ClusterFacts
    loaded: str = ""


class MemberReload(Kind[ReloadParameters]):
    name = "member-reload"
    title = "Reload a member"
    description = "Has one member's Patroni read its file again and pass it on to PostgreSQL; nothing is restarted."
    risk = Risk.MEDIUM
    right = Right.SWITCH_OVER
    parameters = ReloadParameters

    def locks(self, parameters: ReloadParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: ReloadParameters) -> ReloadFacts:
        cluster = live.read(parameters.shard)
        return ReloadFacts(cluster=cluster, loaded=loaded(parameters.shard, parameters.member))

    def plan(self, parameters: ReloadParameters, facts: ReloadFacts, now: datetime) -> Plan:
        return plan_reload(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return {RELOAD: Step(run=reload, done=reloaded, timeout_seconds=RELOAD_SECONDS + 10, attempts=3)}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards(), "member": choosing.members()}


def plan_reload(parameters: ReloadParameters, facts: ReloadFacts) -> Plan:
    name, cluster = parameters.member, facts.cluster
    checks = (answers(cluster),) if cluster.problem else (answers(cluster), is_member(cluster, name))
    step = PlannedStep(
        key=RELOAD,
        title=f"Reload {name}",
        consequence="Sessions go on; settings that need a restart are marked as waiting for one.",
        arguments={**parameters.model_dump(), "loaded": facts.loaded},
    )
    return Plan(
        summary=f"{name} reads its configuration again.",
        checks=checks,
        blast=BlastRadius(summary=f"The settings of {name}, as its file has them now.", targets=(name,)),
        steps=(step,),
        facts={"shard": cluster.shard, "cluster": cluster.scope, "member": name, "loaded": facts.loaded},
        expected_seconds=5.0,
    )


def loaded(shard: str, member: str) -> str:
    """By a connection of its own: one that is kept tells when it has itself read the configuration, a new one when the
    server did, the same to whoever asks."""
    fresh = Sessions()
    try:
        with fresh.open(live.target("postgres", shard, member), live.ASK_SECONDS) as session:
            found: dict[str, Any] = session.execute(LOADED).fetchone() or {}
    except (ShardError, PermanentProblem):
        return ""
    finally:
        fresh.close_all()
    return str(found.get("loaded") or "")


def reloaded(context: StepContext) -> bool:
    """PostgreSQL has read its configuration since."""
    now = loaded(context.arguments["shard"], context.arguments["member"])
    return bool(now) and now != context.arguments["loaded"]


def reload(context: StepContext) -> str:
    """Patroni says yes at once, and reloads in its next turn."""
    shard, member = context.arguments["shard"], context.arguments["member"]
    context.hold()
    try:
        Patroni(live.target("patroni", shard, member)).reload()
    except Refused as problem:
        raise PermanentProblem(f"{member} was not reloaded: {problem}") from problem
    except ShardError as problem:
        raise TransientProblem(str(problem)) from problem
    missing = f"PostgreSQL of {member} has not read its configuration since."
    took = wait_until(context, RELOAD_SECONDS, lambda: "" if reloaded(context) else missing)
    return f"{member} read its configuration again, {took:.1f} s after Patroni was asked."
