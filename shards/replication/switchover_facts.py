"""What a plan to switch over rests on: the cluster as Patroni tells it, and the candidate as it tells about itself."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from shards.clients.patroni_replies import Cluster, Config, Member


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ApiFacts(_Frozen):
    """How a member's own REST API answered; `problem` is the sentence when it did not."""

    problem: str = ""
    state: str = ""
    timeline: int | None = None
    nofailover: bool = False

    @property
    def answered(self) -> bool:
        return not self.problem


class SwitchoverFacts(_Frozen):
    """Everything that was found out. `problem` is set when no member answered; `asked` names the one that did. Tenants
    and connections are the console's own last readings."""

    scope: str
    asked: str = ""
    problem: str = ""
    cluster: Cluster = Cluster()
    config: Config = Config()
    candidate_api: ApiFacts = ApiFacts(problem="It was not asked.")
    leader_api: ApiFacts = ApiFacts(problem="It was not asked.")
    tenants: int | None = None
    connections: int | None = None

    @property
    def leader(self) -> Member | None:
        return self.cluster.leader

    @property
    def synchronous_mode(self) -> bool:
        return self.config.synchronous_mode != "off"

    @property
    def sync_standbys(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.cluster.members if member.synchronous)


def must_not_lead(tags: Mapping[str, Any]) -> bool:
    """Patroni's tags that keep a member from leading: `nofailover`, or since 3.2 `failover_priority: 0`."""
    return bool(tags.get("nofailover")) or tags.get("failover_priority") == 0
