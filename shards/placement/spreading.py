"""Which shard a new tenant goes to: the one that carries least for its weight."""

import heapq
from collections.abc import Sequence

from django.db import connection

from novaops.inventory.models import Shard
from shards.placement.models import Placement

# A new tenant will be like the others, so it counts as much as the mean of them, and so does any that is smaller yet:
# otherwise a shard of many small tenants would be given all that come.
CARRIED = f"""
    WITH mean AS (SELECT coalesce(nullif(avg(bytes), 0), 1)::float8 AS bytes FROM {Placement._meta.db_table})
    SELECT mean.bytes, shard_id, sum(greatest(coalesce(placement.bytes, 0), mean.bytes))
    FROM mean LEFT JOIN {Placement._meta.db_table} placement ON true
    GROUP BY mean.bytes, shard_id
"""  # noqa: S608 (the table's name is the model's)


class Spread:
    """Shards with a weight above 0, and what each carries: read once, then kept up with what is given to them. For one
    transaction that has locked the shards."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        carried, self._mean = {}, 1.0
        with connection.cursor() as cursor:
            cursor.execute(CARRIED)
            for self._mean, shard, size in cursor.fetchall():
                carried[shard] = float(size)
        self._shards = {shard.name: shard for shard in shards}
        self._fill = [(carried.get(shard.pk, 0.0) / shard.weight, shard.name) for shard in shards]
        heapq.heapify(self._fill)

    def take(self) -> Shard | None:
        """The least full one, which is fuller by one tenant from now on; None when there is none."""
        if not self._fill:
            return None
        fill, name = self._fill[0]
        shard = self._shards[name]
        heapq.heapreplace(self._fill, (fill + self._mean / shard.weight, name))
        return shard
