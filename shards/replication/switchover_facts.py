"""What a plan to switch over rests on: the cluster as Patroni tells it, and the candidate as it tells about itself."""

from pydantic import BaseModel, ConfigDict

DEFAULT_LAG_LIMIT = 16 * 1024 * 1024
RUNNING = frozenset({"running", "streaming", "in archive recovery"})
LEADERS = frozenset({"leader", "master", "primary", "standby_leader"})
SYNC = frozenset({"sync_standby", "quorum_standby"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class MemberFacts(_Frozen):
    """A member as /cluster lists it; lag in bytes, None where Patroni says "unknown" or nothing."""

    name: str
    role: str
    state: str
    timeline: int | None = None
    lag_bytes: int | None = None
    nofailover: bool = False

    @property
    def leads(self) -> bool:
        return self.role in LEADERS

    @property
    def synchronous(self) -> bool:
        return self.role in SYNC

    @property
    def runs(self) -> bool:
        return self.state in RUNNING


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
    """Everything that was found out. `problem` is set when no member of the cluster answered /cluster."""

    cluster: str
    asked: str = ""
    problem: str = ""
    members: tuple[MemberFacts, ...] = ()
    paused: bool = False
    scheduled: str = ""
    synchronous_mode: bool = False
    lag_limit_bytes: int = DEFAULT_LAG_LIMIT
    candidate_api: ApiFacts = ApiFacts()
    leader_api: ApiFacts = ApiFacts()
    tenants: int | None = None
    connections: int | None = None

    def member(self, name: str) -> MemberFacts | None:
        return next((member for member in self.members if member.name == name), None)

    @property
    def leader(self) -> MemberFacts | None:
        return next((member for member in self.members if member.leads), None)

    @property
    def sync_standbys(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members if member.synchronous)
