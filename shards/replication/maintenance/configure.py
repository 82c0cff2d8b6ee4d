"""The kind `patroni-configure`: Patroni's dynamic configuration, changed by a merge patch."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Check, Kind, Lock, Plan, Risk, Step, lines
from shards.replication.maintenance import choosing, patroni_keys, settings
from shards.replication.maintenance.change_plan import change_steps, stable
from shards.replication.maintenance.common_checks import answers, failed, passed, warned
from shards.replication.maintenance.configure_facts import ConfigureFacts, gather, parameters_in
from shards.replication.maintenance.configure_steps import CHANGE_STEPS
from shards.replication.maintenance.merge import Difference, differences, merged, pruned


def _patch(given: Any) -> Any:
    """From a form or a file: JSON or YAML."""
    if not isinstance(given, str):
        return given
    try:
        read = yaml.safe_load(given)
    except yaml.YAMLError as problem:
        raise ValueError(f"It is neither JSON nor YAML: {_where(problem)}.") from problem
    if not isinstance(read, dict) or not read:
        raise ValueError('It has to be an object, such as {"ttl": 40}; null takes a key out.')
    return read


def _where(problem: yaml.YAMLError) -> str:
    """Without PyYAML's picture of the line."""
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark:
        at = problem.problem_mark
        return f"line {at.line + 1}, column {at.column + 1}: {problem.problem}"
    return " ".join(str(problem).split())[:200]


class ConfigureParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    changes: Annotated[dict[str, Any], BeforeValidator(_patch)] = Field(
        title="Changes",
        description="A merge patch, as YAML or JSON: only what changes; null takes a key out.",
        json_schema_extra=lines(8),
    )


class PatroniConfigure(Kind[ConfigureParameters]):
    name = "patroni-configure"
    title = "Configure a Patroni cluster"
    description = "Changes Patroni's dynamic configuration and PostgreSQL's settings in it, on all members of a shard."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = ConfigureParameters

    def locks(self, parameters: ConfigureParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: ConfigureParameters) -> ConfigureFacts:
        return gather(parameters.shard, parameters.changes)

    def plan(self, parameters: ConfigureParameters, facts: ConfigureFacts, now: datetime) -> Plan:
        return plan_configure(parameters.changes, facts)

    def steps(self) -> Mapping[str, Step]:
        return CHANGE_STEPS

    def inverse(self, parameters: ConfigureParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """The exact values of before."""
        return self.name, {"shard": parameters.shard, "changes": plan.steps[0].arguments["back"]}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


def plan_configure(given: dict[str, Any], facts: ConfigureFacts) -> Plan:
    cluster = facts.cluster
    changes = pruned(given, facts.whole)
    changed = list(differences(facts.whole, changes))
    if not changed and not cluster.problem:
        return Plan(
            summary=f"The configuration of {cluster.shard} says that already.",
            blast=BlastRadius(summary="Nothing changes."),
            facts=stable(cluster),
        )
    restarts = [one for one in changed if _restarts(one, facts)]
    said = f"Change {', '.join(one.name for one in changed[:4])}{' and more' if len(changed) > 4 else ''}"
    new = merged(facts.whole, changes).get("postgresql") or {}
    parameters = {name: (new.get("parameters") or {}).get(name) for name in parameters_in(changes)}
    return Plan(
        summary=f"{said} of {cluster.shard}.",
        checks=tuple(_checks(changes, changed, restarts, facts)),
        blast=BlastRadius(
            summary=f"All members of {cluster.shard}; "
            + (f"values that need a restart: {len(restarts)} of {len(changed)}." if restarts else "nothing restarts."),
            targets=tuple(one.name for one in cluster.cluster.members),
        ),
        steps=() if cluster.problem else change_steps(cluster, changes, f"{said} in the configuration", parameters),
        facts={**stable(cluster), "differences": [one.sentence for one in changed]},
        confirm=f"{cluster.scope} configure",
        expected_seconds=2.0 * cluster.config.loop_wait,
    )


def _restarts(one: Difference, facts: ConfigureFacts) -> bool:
    known = facts.settings.get(one.path[-1].lower()) if one.path[:2] == ("postgresql", "parameters") else None
    return known is not None and known.restarts


def _checks(
    changes: dict[str, Any], changed: list[Difference], restarts: list[Difference], facts: ConfigureFacts
) -> Iterable[Check]:
    yield answers(facts.cluster)
    if facts.cluster.problem:
        return
    for one in changed:
        yield passed("Change", one.sentence, old=one.old, new=one.new)
    yield from _valid(changes, changed, facts)
    if restarts:
        names = ", ".join(one.path[-1] for one in restarts)
        members = ", ".join(one.name for one in facts.cluster.cluster.members)
        yield warned("Restart", f"{names}: counts after a restart only. Pending then on {members}: “Restart a shard”.")
    else:
        yield passed("Restart", "Nothing of it needs a restart.")


def _valid(changes: dict[str, Any], changed: list[Difference], facts: ConfigureFacts) -> Iterable[Check]:
    found = [*patroni_keys.problems(merged(facts.whole, changes), changed)]
    if facts.problem:
        found.append(facts.problem)
    else:
        found += [said for one in changed if (said := _of_setting(one, facts))]
    yield from (failed("Valid", sentence) for sentence in found)
    free = [one.path[-1] for one in changed if _is_parameter(one) and _unknown(one, facts)]
    if free:
        yield warned("Valid", f"{', '.join(free)}: no extension that is loaded knows it, so any value is taken.")
    if not found:
        yield passed("Valid", "Every value is of a type and in a range that is allowed.")


def _is_parameter(one: Difference) -> bool:
    return one.path[:2] == ("postgresql", "parameters") and len(one.path) == 3


def _unknown(one: Difference, facts: ConfigureFacts) -> bool:
    return "." in one.path[-1] and one.path[-1].lower() not in facts.settings


def _of_setting(one: Difference, facts: ConfigureFacts) -> str:
    if not _is_parameter(one):
        return ""
    return settings.problem(one.path[-1], one.new, facts.settings.get(one.path[-1].lower()))
