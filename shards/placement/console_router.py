"""A router for a fleet that this console has registered."""

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory import selectors as inventory
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
    """How applications reach a shard: its first pool, with their own login."""
    pool, login = inventory.pool_of(shard), inventory.application_login(shard)
    common = {"host": pool.host, "port": str(pool.port), "user": login.username, "password": login.password}
    common |= libpq(pool.options)
    return PoolAddress(
        primary={**common, "dbname": pool.options.get("primary", "primary")},
        replica={**common, "dbname": pool.options.get("replica", "replica")},
    )
