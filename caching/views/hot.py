"""By what the most used keys are found, in words."""

from collections.abc import Iterable

from caching.selectors.contents import Contents
from caching.selectors.redis import RedisRow
from novaops.ui.formats import human_number


def used_by(contents: Contents) -> str:
    """Of a card's hint: by what it is measured, and of how many keys. Empty where nothing counts use."""
    if not contents.uses_total:
        return ""
    looked, total = human_number(contents.uses_looked), human_number(contents.uses_total)
    of = f"all {total} keys" if contents.uses_looked >= contents.uses_total else f"{looked} of {total} keys so far"
    return f"by OBJECT FREQ, of {of}"


def without_use(rows: Iterable[RedisRow]) -> str:
    """Which primaries do not count use themselves, so that only the library's count tells; empty when all do."""
    found = [(row.seen.server.name, row.facts.info) for row in rows if row.facts and row.leads_slots]
    silent = {name: info.policy for name, info in found if not info.evicts_by_use}
    if not silent:
        return ""
    policies = ", ".join(dict.fromkeys(policy or "unknown" for policy in silent.values()))
    return (
        f"{', '.join(silent)} {'do' if len(silent) > 1 else 'does'} not count the use of keys: "
        f"maxmemory-policy is {policies}. Under an LFU policy all keys are compared by OBJECT FREQ."
    )
