"""The live cluster of a shard: as the members list it, and every member's own word. Who does not answer is a fact."""

from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel, ConfigDict

from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config, Member, Status
from shards.exceptions import ShardError
from shards.replication.switchover.order import members

ASK_SECONDS = 3.0


class Word(BaseModel):
    """What one member said of itself, and how it sees the cluster; `problem` is the sentence when it did not answer."""

    model_config = ConfigDict(frozen=True)

    problem: str = ""
    status: Status = Status()
    cluster: Cluster | None = None
    config: Config | None = None

    @property
    def answered(self) -> bool:
        return not self.problem


class ClusterFacts(BaseModel):
    """`problem` is set when nobody told about the cluster; `asked` is who did."""

    model_config = ConfigDict(frozen=True)

    shard: str
    scope: str
    problem: str = ""
    asked: str = ""
    cluster: Cluster = Cluster()
    config: Config = Config()
    words: dict[str, Word] = {}

    @property
    def leader(self) -> Member | None:
        return self.cluster.leader

    @property
    def healthy_leader(self) -> Member | None:
        """One that holds the key and whose PostgreSQL runs by its own word."""
        found = self.leader
        if found is None or not found.healthy:
            return None
        said = self.word(found.name)
        return found if said.answered and said.status.healthy else None

    @property
    def synchronous(self) -> bool:
        return self.config.synchronous_mode != "off"

    @property
    def strict(self) -> bool:
        return self.synchronous and bool(self.config.whole.get("synchronous_mode_strict"))

    @property
    def silent(self) -> tuple[str, ...]:
        return tuple(name for name, said in self.words.items() if not said.answered)

    @property
    def version(self) -> tuple[int, ...]:
        """The oldest Patroni among those that answered; empty when none said it."""
        versions = [_numbers(said.status.version) for said in self.words.values() if said.status.version]
        return min(versions, default=())

    def word(self, member: str) -> Word:
        return self.words.get(member) or Word(problem=f"{member} is not registered with this fleet.")


def read(shard: str) -> ClusterFacts:
    """Asks all members at once."""
    targets = members("patroni", shard)
    if not targets:
        return ClusterFacts(shard=shard, scope=shard, problem=f"No shard named {shard} with Patroni is registered.")
    with ThreadPoolExecutor(max_workers=len(targets), thread_name_prefix="members") as asking:
        words = dict(zip((one.name for one in targets), asking.map(_word, targets), strict=True))
    found = {"shard": shard, "scope": targets[0].cluster, "words": words}
    teller = next((name for name, said in words.items() if said.cluster and said.config), "")
    if not teller:
        said = " ".join(f"{name}: {word.problem}" for name, word in words.items())
        return ClusterFacts.model_validate({**found, "problem": f"No member answered. {said}"})
    told = words[teller]
    return ClusterFacts.model_validate({**found, "asked": teller, "cluster": told.cluster, "config": told.config})


def read_to_change(shard: str) -> ClusterFacts:
    """The same with the configuration as the DCS holds it now: members answer with that of their last turn."""
    facts = read(shard)
    for one in members("patroni", shard):
        if facts.word(one.name).answered:
            try:
                return facts.model_copy(update={"config": Patroni(one, timeout=ASK_SECONDS).config_in_dcs()})
            except ShardError:
                continue
    return facts


def target(kind: str, shard: str, name: str) -> Target:
    found = next((one for one in members(kind, shard) if one.name == name), None)
    if found is None:
        raise PermanentProblem(f"{name} is not registered as a {kind} server of {shard}.")
    return found


def _word(one: Target) -> Word:
    api = Patroni(one, timeout=ASK_SECONDS)
    try:
        status = api.status()
    except ShardError as problem:
        return Word(problem=str(problem))
    try:
        return Word(status=status, cluster=api.cluster(), config=api.config())
    except ShardError:
        return Word(status=status)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
