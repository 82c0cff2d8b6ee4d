"""The pages about shards, tenants, moves, rebalancing, replication, partitions and leftovers."""

from django.urls import URLPattern, path

from shards.leftovers.views import leftovers
from shards.moves import views as moves
from shards.partitions.views import partitions
from shards.rebalancing.views import rebalance
from shards.views.replication import replication
from shards.views.shard_map import shard, shard_map
from shards.views.tenants import tenant, tenants

urlpatterns: list[URLPattern] = [
    path("shards/", shard_map, name="shard-map"),
    path("shards/<str:name>/", shard, name="shard"),
    path("tenants/", tenants, name="tenants"),
    path("tenants/<path:tenant_id>/", tenant, name="tenant"),
    path("moves/", moves.moves, name="moves"),
    path("moves/<int:pk>/", moves.move, name="move"),
    path("moves/<int:pk>/turn", moves.turn, name="move-turn"),
    path("rebalance/", rebalance, name="rebalance"),
    path("replication/", replication, name="replication"),
    path("partitions/", partitions, name="partitions"),
    path("leftovers/", leftovers, name="leftovers"),
]
