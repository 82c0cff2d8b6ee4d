"""Asks the fleet for what a plan of many moves rests on."""

from novaops.inventory.models import Shard
from shards.dataplane import migrations, status
from shards.dataplane.problems import DataPlaneProblem
from shards.dataplane.targets import shard_databases
from shards.moves.models import OVER, Move
from shards.rebalancing.kind_facts import RebalanceFacts
from shards.rebalancing.measuring import live, steady


def gather(shard: str = "", *, data_plane: bool = False) -> RebalanceFacts:
    """`data_plane`: also where the one shard's schema stands."""
    busy = Move.objects.exclude(phase__in=OVER).values_list("tenant_id", flat=True)
    state = Shard.objects.filter(name=shard, present=True).values_list("state", flat=True).first()
    found = RebalanceFacts(load=steady(live()), busy=frozenset(busy), state=state or "")
    if not (state and data_plane):
        return found
    try:
        [database] = shard_databases(shard)
        seen = status.read(database, migrations.load())
    except DataPlaneProblem as problem:
        return found.model_copy(update={"problem": str(problem)})
    return found.model_copy(update={"pending": seen.pending, "drift": tuple(map(str, seen.drift))})
