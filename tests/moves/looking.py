"""Patroni looks through a leader's slots, as it does when a member has joined: brought about by a permanent physical
slot that is declared, which it makes, and then looks again."""

from dataclasses import dataclass

from novaops.inventory.selectors import targets_of
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.postgres import sessions
from shards.decoding.replication import PLUGIN
from shards.partitions.leader import find
from tests.waiting import wait_for

DECLARED, UNKNOWN = "novaops_test_declared", "novaops_test_unknown"
THERE = "SELECT FROM pg_replication_slots WHERE slot_name = %s"


@dataclass(frozen=True, slots=True)
class Looking:
    """Made inside a fleet; then it may be used by any thread."""

    leader: Target
    patroni: Patroni

    @classmethod
    def at(cls, shard: str) -> "Looking":
        leader = find(shard)
        [api] = [target for target in targets_of(shard, "patroni") if target.name == leader.name]
        return cls(leader, Patroni(api))

    def looks(self) -> None:
        """It has looked through all slots when one that it does not know, and that nobody reads, is gone."""
        with sessions.open(self.leader, 60) as session:
            session.execute("SELECT pg_create_logical_replication_slot(%s, %s)", (UNKNOWN, PLUGIN))
        self._declare(True)
        wait_for(lambda: not self.is_there(UNKNOWN), "Patroni to look through its slots")
        self._declare(False)
        wait_for(lambda: not self.is_there(DECLARED), "Patroni to drop the slot that is not declared any more")

    def is_there(self, slot: str) -> bool:
        with sessions.open(self.leader, 60) as session:
            return session.execute(THERE, (slot,)).fetchone() is not None

    def _declare(self, wanted: bool) -> None:
        self.patroni.configure({"slots": {DECLARED: {"type": "physical"} if wanted else None}})
