"""A shard that is a standby cluster: all of it follows another one, and its leader takes no writes. Pure."""

from novaops.operations.contract import Check
from shards.clients.patroni_replies import Config
from shards.outcomes import failed

PROMOTE = (
    "To make it one of its own, take standby_cluster out of its configuration once the other one is fenced off:"
    " nobody undoes that, so it is not done from here (patronictl edit-config)."
)


def refusal(scope: str, config: Config) -> Check | None:
    """For what makes another member the leader: in a standby cluster that is another thing."""
    if not config.follows:
        return None
    said = f"{scope} is a standby cluster of {config.follows}: its leader takes no writes, so none can be handed over."
    return failed("Takes writes", f"{said} {PROMOTE}")
