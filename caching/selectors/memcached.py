"""Memcached servers."""

from dataclasses import dataclass
from datetime import datetime

from caching.facts import MemcachedFacts
from caching.selectors.rates import History, Rates, rates_of
from metrics.contract import Seen

MEMCACHED = ("hits_total", "misses_total", "evictions_total", "sets_total", "gets_total")


@dataclass(frozen=True, slots=True)
class MemcachedRow:
    seen: Seen
    facts: MemcachedFacts | None
    rates: Rates
    old: bool


def memcached_row(one: Seen, known: History, now: datetime) -> MemcachedRow:
    facts = one.facts if isinstance(one.facts, MemcachedFacts) else None
    return MemcachedRow(one, facts, rates_of(known[one.server.id], "evictions_total"), one.is_old(now))
