"""Which members a pool should lead to, from what Patroni's /cluster says. Pure."""

from dataclasses import dataclass
from typing import Any

from novaops.sandbox.layout import HOST
from novaops.sandbox.servers.bootstrap import DATABASE

LEADERS = {"leader", "master", "primary"}
HEALTHY = {"running", "streaming"}


@dataclass(frozen=True)
class Targets:
    """The PostgreSQL ports behind the databases `primary` and `replica`."""

    primary: int
    replica: int


def choose(members: list[dict[str, Any]], current: Targets | None) -> Targets | None:
    """The targets now; None when there is no leader, and then the pool is best left as it is.

    The present replica stays while it is healthy; an asynchronous one comes before the synchronous standby, and
    the leader stands in when no replica is left.
    """
    healthy = [entry for entry in members if entry.get("state") in HEALTHY and "port" in entry]
    leaders = [int(entry["port"]) for entry in healthy if entry.get("role") in LEADERS]
    if not leaders:
        return None
    replicas = sorted(
        (entry for entry in healthy if entry.get("role") not in LEADERS),
        key=lambda entry: (entry.get("role") != "replica", int(entry["port"])),
    )
    ports = [int(entry["port"]) for entry in replicas]
    if current and current.replica in ports:
        return Targets(leaders[0], current.replica)
    return Targets(leaders[0], ports[0] if ports else leaders[0])


def databases_file(targets: Targets) -> str:
    """PgBouncer's [databases] section."""
    return (
        "[databases]\n"
        f"primary = host={HOST} port={targets.primary} dbname={DATABASE}\n"
        f"replica = host={HOST} port={targets.replica} dbname={DATABASE}\n"
    )
