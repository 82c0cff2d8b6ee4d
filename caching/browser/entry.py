"""One entry of a cache as the browser shows it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from caching.library.families import FAMILIES, Family
from caching.library.keys import KeyParts, parse
from caching.masking import secret_key, shown_key

GENERATIONS = ("gen", "gen-family", "gen-shard")


class Visible(StrEnum):
    YES = "visible"
    HIDDEN = "hidden"
    ALWAYS = "always"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """`ttl` in seconds, None where it never expires. `slot` of L1, `slab` of L2. `total` is the sum of the generations
    that it was computed under; None where it follows none."""

    tier: str
    node: str
    key: str
    bytes: int
    ttl: float | None
    sort: str
    encoding: str = ""
    slot: int | None = None
    slab: int | None = None
    total: int | None = None
    visible: Visible = Visible.ALWAYS

    @property
    def parts(self) -> KeyParts:
        return parse(self.key)

    @property
    def family(self) -> Family | None:
        return FAMILIES.get(self.parts.family)

    @property
    def is_generation(self) -> bool:
        return self.parts.family in GENERATIONS

    @property
    def shown(self) -> str:
        return shown_key(self.key)

    @property
    def secret(self) -> bool:
        return secret_key(self.key)

    def judged(self, visible: Visible) -> "Entry":
        return replace(self, visible=visible)
