"""The pages about shards, tenants, moves, rebalancing, replication (members, pools, etcd), partitions and leftovers."""

from django.urls import URLPattern, path

from shards.leftovers.views import leftovers
from shards.moves import views as moves
from shards.partitions.views import partitions
from shards.rebalancing.views import rebalance
from shards.views.etcd import etcd
from shards.views.leader_history import leader_history
from shards.views.member import member
from shards.views.pools import pool, pools
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
    path("replication/members/<str:name>/", member, name="member"),
    path("replication/pools/", pools, name="pools"),
    path("replication/pools/<str:name>/", pool, name="pool"),
    path("replication/etcd/", etcd, name="etcd"),
    path("replication/history/", leader_history, name="leader-history"),
    path("partitions/", partitions, name="partitions"),
    path("leftovers/", leftovers, name="leftovers"),
]
