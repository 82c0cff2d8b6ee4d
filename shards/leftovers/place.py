"""Which leftover is meant, as a value and as the one word that addresses and operations carry."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from shards.leftovers.sorts import Sort


@dataclass(frozen=True, slots=True)
class Place:
    """`shard` is empty in the control database; `database` names it where a shard has several."""

    sort: Sort
    shard: str
    name: str
    database: str = ""

    @property
    def key(self) -> str:
        return "/".join(quote(part, safe="") for part in (self.sort.value, self.shard, self.database, self.name))

    @classmethod
    def parse(cls, key: str) -> "Place":
        """ValueError for what is no key."""
        parts = [unquote(part) for part in key.split("/")]
        if len(parts) != 4 or not parts[3]:
            raise ValueError("A leftover is named by sort/shard/database/name, as the page's addresses do.")
        return cls(Sort(parts[0]), parts[1], parts[3], parts[2])

    @property
    def where(self) -> str:
        """For people: the shard, or the control database."""
        return self.shard or "control database"
