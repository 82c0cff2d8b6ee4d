"""Who reads what, as the caching library noted it in L1: the windows of now and before."""

import time
from collections import defaultdict

from caching.asking import asking
from caching.clients.redis import ElsewhereError, RedisNode
from caching.facts import HotKey, ReadersFacts, TenantReads, WindowFact
from caching.library.families import FAMILIES
from caching.library.readers import LOADS, NEAR, OTHERS, READS, WINDOW_SECONDS, keys_key, tenants_key, window_at
from caching.masking import shown_key
from metrics.contract import Answer
from novaops.inventory.targets import Target

READERS_EVERY = 20.0
KEPT_ROWS, KEPT_KEYS, PLOTTED = 300, 20, 20


@asking
def ask_readers(target: Target) -> Answer:
    """Each node has what hashes to it, which is an answer too: others have the rest."""
    node, now = RedisNode(target), window_at(time.time())
    found = (window(node, number) for number in (now - 1, now))
    facts = ReadersFacts(windows=tuple(one for one in found if one.tenants or one.keys))
    return Answer(facts, values(facts, now))


def window(node: RedisNode, number: int) -> WindowFact:
    rows = parse(node.hash_of(tenants_key(number)) or {})
    try:
        keys = node.top_of(keys_key(number), KEPT_KEYS)
    except ElsewhereError:
        keys = []
    return WindowFact(
        began=number * WINDOW_SECONDS,
        tenants=tuple(sorted(rows, key=lambda row: (-row.reads, row.tenant, row.family))[:KEPT_ROWS]),
        keys=tuple(HotKey(key=shown_key(key), reads=round(reads)) for key, reads in keys),
    )


def parse(fields: dict[str, int]) -> list[TenantReads]:
    """Fields of another form are left out: the hash is everybody's to write."""
    counts: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for field, count in fields.items():
        family, _, rest = field.partition(":")
        what, _, tenant = rest.partition(":")
        if family in FAMILIES and what in {READS, NEAR, LOADS} and tenant:
            counts[tenant, family][what] = count
    return [TenantReads(tenant=tenant, family=family, **said) for (tenant, family), said in counts.items()]


def values(facts: ReadersFacts, now: int) -> dict[str, float]:
    """`acme:reads_total`, `acme:near_total` and `acme:loads_total` of those that read most, in the window of now:
    counters that begin anew with each window."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in facts.windows:
        for row in one.tenants if one.began == now * WINDOW_SECONDS else ():
            sums[row.tenant][0] += row.reads
            sums[row.tenant][1] += row.near
            sums[row.tenant][2] += row.loads
    most = sorted((tenant for tenant in sums if tenant != OTHERS), key=lambda tenant: -sums[tenant][0])[:PLOTTED]
    return {
        f"{tenant}:{name}_total": float(count)
        for tenant in most
        for name, count in zip((READS, NEAR, LOADS), sums[tenant], strict=True)
    }
