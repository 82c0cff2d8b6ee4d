"""Patroni's history, read: every switch of timeline as who led before and who led after. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shards.clients.patroni_replies import TimelineSwitch

TIMELINE = "timeline "


@dataclass(frozen=True, slots=True)
class LeaderChange:
    """A new timeline began at `lsn` with `new_leader`. `old_leader` and `at` are empty where Patroni does not know."""

    timeline: int
    lsn: str
    old_leader: str
    new_leader: str
    reason: str
    at: datetime | None

    @property
    def key(self) -> str:
        """The same on every member and for ever; a cluster that was made anew has other positions."""
        return f"{TIMELINE}{self.timeline} at {self.lsn}"

    @property
    def verb(self) -> str:
        same = self.old_leader and self.old_leader == self.new_leader
        return "timeline changed" if same else "leader changed"

    def sentence(self, shard: str) -> str:
        since = f" since {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else ""
        who = self.new_leader or "A member that Patroni does not name"
        if self.verb == "timeline changed":
            return f"{who} stopped and leads {shard} again, on timeline {self.timeline}{since}."
        before = f"; before it {self.old_leader} did" if self.old_leader else ""
        return f"{who} leads {shard} on timeline {self.timeline}{since}{before}."


def changes(history: Iterable[TimelineSwitch], first_leader: str = "") -> Iterator[LeaderChange]:
    """Oldest first. `first_leader` is who led before the first of them, where that is known."""
    before = first_leader
    for switch in sorted(history, key=lambda one: one.timeline):
        yield LeaderChange(
            timeline=switch.timeline + 1,
            lsn=lsn_text(switch.lsn),
            old_leader=before,
            new_leader=switch.new_leader,
            reason=switch.reason,
            at=switch.at,
        )
        before = switch.new_leader


def lsn_text(position: int) -> str:
    """A byte position as PostgreSQL writes it: 0/5000148."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def lsn_number(text: str) -> int:
    """The byte position of 0/5000148."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
