"""The shards of the current fleet, as the data plane's tools reach them."""

from novaops.inventory import selectors as inventory
from novaops.inventory.models import ServerKind
from novaops.inventory.tls import libpq
from shards.dataplane.addresses import ShardDatabase
from shards.dataplane.problems import DataPlaneProblem


def shard_databases(only: str = "") -> tuple[ShardDatabase, ...]:
    """Every present shard (or the one named), by name."""
    names = [shard.name for shard in inventory.shards()]
    if only and only not in names:
        raise DataPlaneProblem(f"There is no shard {only!r} in this fleet. Shards: {', '.join(names) or 'none'}.")
    return tuple(_shard_database(name) for name in names if name == only or not only)


def _shard_database(shard: str) -> ShardDatabase:
    members = inventory.targets_of(shard, ServerKind.POSTGRES)
    if not members:
        raise DataPlaneProblem(f"{shard} has no PostgreSQL members in the fleet file.")
    return ShardDatabase(
        shard=shard,
        members=tuple((member.host, member.port) for member in members),
        database=members[0].database,
        login=members[0].login,
        tls=libpq(members[0].options),
        application_role=inventory.application_login(shard).username,
    )
