"""The steps of a change of the configuration, and the facts that they rest on: pure, for every kind that makes one."""

from collections.abc import Mapping
from typing import Any

from novaops.operations.contract import PlannedStep
from shards.replication.maintenance.configure_steps import APPLY, VERIFY
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.merge import fingerprint, inverse, merged


def change_steps(
    facts: ClusterFacts, changes: Mapping[str, Any], said: str, parameters: Mapping[str, Any] | None = None
) -> tuple[PlannedStep, PlannedStep]:
    """`said` is the change in words. All members take it within a few of Patroni's turns."""
    whole = facts.config.whole
    arguments = {
        "shard": facts.shard,
        "changes": dict(changes),
        "back": inverse(whole, changes),
        "before": fingerprint(whole),
        "after": fingerprint(merged(whole, changes)),
        "parameters": dict(parameters or {}),
        "patience_seconds": 6.0 * facts.config.loop_wait + 30,
    }
    return (
        PlannedStep(key=APPLY, title=said, consequence="Patroni tells all members.", arguments=arguments),
        PlannedStep(
            key=VERIFY,
            title="See that every member has it",
            consequence="If one does not take it, it is taken back.",
            arguments=arguments,
        ),
    )


def stable(facts: ClusterFacts) -> dict[str, Any]:
    """What must still be so when it is executed: the whole configuration."""
    return {"shard": facts.shard, "cluster": facts.scope, "configuration": fingerprint(facts.config.whole)}
