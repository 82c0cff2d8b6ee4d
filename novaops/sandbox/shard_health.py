"""Is a shard whole: a leader, a synchronous standby, an asynchronous replica, and a pool that leads to them."""

from novaops.sandbox import probe
from novaops.sandbox.follower import cluster
from novaops.sandbox.layout import Pool, Shard
from novaops.sandbox.pool_targets import HEALTHY, LEADERS
from novaops.sandbox.servers import pgbouncer
from novaops.sandbox.site import Site


def incomplete(shard: Shard) -> str | None:
    """None when every member runs in its role."""
    members = next((found for member in shard.members if (found := cluster(member))), [])
    roles = sorted("leader" if entry.get("role") in LEADERS else str(entry.get("role")) for entry in members)
    healthy = sum(entry.get("state") in HEALTHY for entry in members)
    whole = roles == ["leader", "replica", "sync_standby"] and healthy == len(shard.members)
    return None if whole else f"{healthy} of {len(shard.members)} members run, roles: {', '.join(roles) or 'none yet'}"


def misled(site: Site, pool: Pool) -> str | None:
    """None when the pool's `primary` writes and its `replica` follows."""
    for database, follows in (("primary", False), ("replica", True)):
        dsn = pgbouncer.client_dsn(site, pool, database)
        reason = probe.sql(dsn, "SELECT pg_is_in_recovery()", follows)()
        if reason:
            return f"{database}: {reason}"
    return None
