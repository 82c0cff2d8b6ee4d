"""Who reads what: reads and loader calls per tenant and family, and the keys that are read most.

Each process keeps those that it saw most and sends them to L1 every few seconds, into a hash and a sorted set per
window of time that expire by themselves. Both are bounded, whatever the number of tenants and keys; what cannot be sent
is forgotten, as it is for looking, not for accounting."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock

from caching.library.counters import Counters
from caching.library.exceptions import Unavailable
from caching.library.keys import tag

WINDOW_SECONDS = 300
KEPT_SECONDS = 3 * WINDOW_SECONDS
SEND_SECONDS = 10.0
MOST_TENANTS, SENT_TENANTS = 2_000, 50  # held, and sent each time
MOST_KEYS, SENT_KEYS, KEPT_KEYS = 1_000, 20, 200
MOST_FIELDS = 20_000  # a window that holds so many takes no more
EVERY_NTH = 8  # read is counted by its key
OTHERS = "*"  # the tenants that read less, together
READS, NEAR, LOADS = "reads", "near", "loads"
# The names of these entries are secrets.
UNNAMED = frozenset({"session"})
Command = tuple[str | bytes | int | float, ...]
Send = Callable[[int, Mapping[str, int], Mapping[str, int]], None]


def tenants_key(window: int) -> str:
    """Fields are `<family>:<reads, near or loads>:<tenant>`; near are those reads that a process served itself."""
    return f"novaops:cache:tenants:{window}"


def keys_key(window: int) -> str:
    return f"novaops:cache:hot:{window}"


def window_at(seconds: float) -> int:
    return int(seconds // WINDOW_SECONDS)


class Readers:
    """`send` is told what was seen, for which window; it may raise Unavailable. Loader calls are counted per family
    too, by `counters`."""

    def __init__(self, send: Send, counters: Counters, every: float = SEND_SECONDS) -> None:
        self._send, self._counters, self._every = send, counters, every
        self._tenants: dict[str, Counter[str]] = {}
        self._keys: Counter[str] = Counter()
        self._seen = 0
        self._lock = Lock()
        self._due = time.monotonic() + every

    def read(self, family: str, tenant_id: str, *names: str) -> None:
        with self._lock:
            self._count(tenant_id, f"{family}:{READS}", len(names))
            first, self._seen = -self._seen % EVERY_NTH, self._seen + len(names)
            if family not in UNNAMED:
                for name in names[first::EVERY_NTH]:
                    self._count_key(f"{family}:{tag(tenant_id)}:{name}", EVERY_NTH)
            due = time.monotonic() >= self._due
        if due:
            self.flush()

    def near(self, reads: Counter[tuple[str, str, str]]) -> None:
        """What the process served from its own memory, by family, tenant and key. The next `read` sends it."""
        with self._lock:
            for (family, tenant_id, _), count in reads.items():
                self._count(tenant_id, f"{family}:{READS}", count)
                self._count(tenant_id, f"{family}:{NEAR}", count)
            for (family, tenant_id, name), count in reads.most_common(MOST_KEYS // 2):
                if family not in UNNAMED:
                    self._count_key(f"{family}:{tag(tenant_id)}:{name}", count)

    def loaded(self, family: str, tenant_id: str) -> None:
        self._counters.add(family, LOADS)
        with self._lock:
            self._count(tenant_id, f"{family}:{LOADS}", 1)

    def flush(self) -> None:
        with self._lock:
            tenants, self._tenants = self._tenants, {}
            keys, self._keys = self._keys, Counter()
            self._due = time.monotonic() + self._every
        try:
            self._send(window_at(time.time()), fields(tenants, SENT_TENANTS), dict(keys.most_common(SENT_KEYS)))
        except Unavailable:
            return

    def _count(self, tenant_id: str, field: str, count: int) -> None:
        counts = self._tenants.get(tenant_id)
        if counts is None:
            if len(self._tenants) >= MOST_TENANTS:
                self._tenants = fewer(self._tenants, MOST_TENANTS // 2)
            counts = self._tenants.setdefault(tenant_id, Counter())
        counts[field] += count

    def _count_key(self, key: str, count: int) -> None:
        if len(self._keys) >= MOST_KEYS:
            self._keys = Counter(dict(self._keys.most_common(MOST_KEYS // 2)))
        self._keys[key] += count


def fewer(tenants: Mapping[str, Counter[str]], most: int) -> dict[str, Counter[str]]:
    """Those with most counts as they are, all others as one."""
    ranked = sorted(tenants, key=lambda tenant: (tenant != OTHERS, tenants[tenant].total()), reverse=True)
    kept = {tenant: tenants[tenant] for tenant in ranked[:most] if tenant != OTHERS}
    rest: Counter[str] = sum((tenants[tenant] for tenant in tenants if tenant not in kept), Counter())
    return {**kept, OTHERS: rest} if rest else kept


def fields(tenants: Mapping[str, Counter[str]], most: int) -> dict[str, int]:
    return {
        f"{field}:{tenant}": count for tenant, counts in fewer(tenants, most).items() for field, count in counts.items()
    }


def tenants_commands(window: int, seen: Mapping[str, int]) -> list[Command]:
    key = tenants_key(window)
    counts: list[Command] = [("HINCRBY", key, field, count) for field, count in seen.items()]
    return [*counts, ("EXPIRE", key, KEPT_SECONDS)]


def keys_commands(window: int, seen: Mapping[str, int]) -> list[Command]:
    key = keys_key(window)
    counts: list[Command] = [("ZINCRBY", key, count, name) for name, count in seen.items()]
    return [*counts, ("ZREMRANGEBYRANK", key, 0, -KEPT_KEYS - 1), ("EXPIRE", key, KEPT_SECONDS)]
