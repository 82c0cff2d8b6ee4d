"""A router for a fleet that this console has registered."""

from collections.abc import Sequence

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory import selectors as inventory
from novaops.inventory.models import ServerKind
from novaops.inventory.problems import InventoryProblem
from novaops.inventory.targets import Target
from novaops.inventory.tls import libpq
from shards.placement import selectors
from shards.placement.places import Place, PlaceSource, PoolAddress
from shards.placement.router import Router


def router_of(fleet: Fleet, connections: int = 4) -> Router:
    """Reads the addresses once; places are asked of the control database and remembered."""
    with tenant_context(fleet):
        pools = {shard.name: pool_address(shard.name) for shard in inventory.shards()}
    return Router(source(fleet), pools, connections=connections)


def source(fleet: Fleet) -> PlaceSource:
    """Asks the control database, from any thread."""

    def find(tenant_id: str) -> Place | None:
        try:
            with tenant_context(fleet):
                return selectors.place_of(tenant_id)
        except (DatabaseError, InterfaceError):
            connection.close()  # the next question begins on a fresh connection
            raise

    return find


def pool_address(shard: str) -> PoolAddress:
    """How applications reach a shard, with their own login: through its pools, one after the other until one answers;
    without a pool at the address that follows its leader, or else at whichever member leads."""
    pools, members = inventory.targets_of(shard, ServerKind.PGBOUNCER), inventory.targets_of(shard, ServerKind.POSTGRES)
    if pools:
        # One database name for all of them: those that name theirs otherwise are left alone.
        primary, replica = _names(pools[0])
        alike = [pool for pool in pools if _names(pool) == (primary, replica)]
        return PoolAddress(
            primary=_parameters(shard, alike) | {"dbname": primary},
            replica=_parameters(shard, alike) | {"dbname": replica},
        )
    if not members:
        raise InventoryProblem(f"Shard {shard!r} has no pool and no member in the fleet file.")
    address, database = inventory.leader_address(shard), members[0].database
    leader = _parameters(shard, [address]) if address else _parameters(shard, members) | LEADS
    return PoolAddress(
        primary=leader | {"dbname": database}, replica=_parameters(shard, members) | FOLLOWS | {"dbname": database}
    )


LEADS, FOLLOWS = {"target_session_attrs": "read-write"}, {"target_session_attrs": "prefer-standby"}


def _names(pool: Target) -> tuple[str, str]:
    return pool.options.get("primary", "primary"), pool.options.get("replica", "replica")


def _parameters(shard: str, servers: Sequence[Target]) -> dict[str, str]:
    """libpq tries several hosts in their order."""
    login = inventory.application_login(shard)
    hosts, ports = ",".join(one.host for one in servers), ",".join(str(one.port) for one in servers)
    return {
        "host": hosts,
        "port": ports,
        "user": login.username,
        "password": login.password,
        **next((said for one in servers if (said := libpq(one.options))), {}),
    }
