"""What lies in a tier or on a node: large and much used keys, slots and how full they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from caching.clients.redis_replies import SLOTS
from caching.facts import FamilyKeysFacts, KeyFact, SlotFact
from caching.library.families import FAMILIES
from caching.library.keys import parse
from caching.masking import MASK
from caching.selectors.redis import RedisRow
from caching.slot_keys import SlotKeys, slot_keys
from metrics.contract import Snapshot

SHOWN = 10


@dataclass(frozen=True, slots=True)
class KeyRow:
    node: str
    fact: KeyFact

    @property
    def family(self) -> str:
        name = parse(self.fact.key).family
        return name if name in FAMILIES else ""

    @property
    def findable(self) -> bool:
        """Whether the key browser finds it by what is shown of its name."""
        return MASK not in self.fact.key


@dataclass(frozen=True, slots=True)
class SlotRow:
    node: str
    fact: SlotFact


@dataclass(frozen=True, slots=True)
class FamilyShare:
    """`bytes` None where no entry was measured."""

    family: str
    keys: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Contents:
    """`measured` of `total` keys. `hot` are the most used of `uses_looked` keys, out of `uses_total` on the nodes that
    count use. `at` is when the oldest sample was taken; None before the first."""

    families: tuple[FamilyShare, ...]
    big: tuple[KeyRow, ...]
    hot: tuple[KeyRow, ...]
    uses_looked: int
    uses_total: int
    full_slots: tuple[SlotRow, ...]
    total: int
    measured: int
    exact: bool
    at: datetime | None


def contents_of(seen: Snapshot, nodes: Sequence[str], family: str = "") -> Contents:
    """Of these nodes together; of one family alone where it is named."""
    several = [(one, facts) for one, facts in seen.facts(FamilyKeysFacts) if one.server.name in nodes and facts.total]
    big = [KeyRow(one.server.name, key) for one, facts in several for key in facts.big]
    hot = [KeyRow(one.server.name, key) for one, facts in several for key in facts.hot]
    full = [SlotRow(one.server.name, slot) for one, facts in several for slot in facts.full_slots]
    return Contents(
        families=_families([facts for _, facts in several]),
        big=tuple(nlargest(SHOWN, _only(big, family), key=lambda row: row.fact.bytes)),
        hot=tuple(nlargest(SHOWN, _only(hot, family), key=lambda row: row.fact.uses or 0)),
        uses_looked=sum(facts.uses_looked for _, facts in several),
        uses_total=sum(facts.total for _, facts in several if facts.uses_looked),
        full_slots=tuple(nlargest(5, full, key=lambda row: row.fact.keys)),
        total=sum(facts.total for _, facts in several),
        measured=sum(facts.measured for _, facts in several),
        exact=all(facts.exact for _, facts in several),
        at=min((one.good_at for one, _ in several if one.good_at), default=None),
    )


def distribution(seen: Snapshot, rows: Sequence[RedisRow]) -> SlotKeys:
    """Keys over the slots, each node's in its colour."""
    colours = {row.seen.server.name: row.series for row in rows}
    found = [(one.server.name, facts.slot_parts) for one, facts in seen.facts(FamilyKeysFacts) if facts.slot_parts]
    slots = min(SLOTS, sum(row.facts.slot_count for row in rows if row.facts and row.leads_slots)) or SLOTS
    return slot_keys([(name, colours[name], parts) for name, parts in found if colours.get(name)], slots)


def _only(rows: Sequence[KeyRow], family: str) -> list[KeyRow]:
    return [row for row in rows if not family or row.family == family]


def _families(several: Sequence[FamilyKeysFacts]) -> tuple[FamilyShare, ...]:
    names = list(dict.fromkeys(one.family for facts in several for one in facts.families))
    rows = [[one for facts in several for one in facts.families if one.family == name] for name in names]
    shares = [
        FamilyShare(
            name,
            sum(one.keys for one in found),
            sum(one.bytes for one in found if one.bytes is not None) if any(one.bytes for one in found) else None,
        )
        for name, found in zip(names, rows, strict=True)
    ]
    return tuple(sorted(shares, key=lambda share: (-(share.bytes or 0), share.family)))
