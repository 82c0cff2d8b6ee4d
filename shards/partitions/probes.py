"""Which partitioned tables a shard has and how they are, as the shard's leader says."""

from metrics.contract import Answer, Probe
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.postgres import sessions
from shards.partitions.facts import PartitionsFacts
from shards.partitions.survey import survey

EVERY, TIMEOUT = 60.0, 20.0


@asking
def ask_partitions(target: Target) -> Answer:
    """A standby has the same tables: it is not asked for them."""
    with sessions.open(target, TIMEOUT) as session:
        here = session.execute(b"SELECT pg_is_in_recovery() AS standby, current_database() AS name").fetchone() or {}
        if here["standby"]:
            return Answer(PartitionsFacts(database=here["name"], leads=False))
        facts = survey(session)
    values = {"tables": len(facts.tables), "partitions": sum(len(table.partitions) for table in facts.tables)}
    return Answer(facts, {**values, "bytes": sum(table.bytes for table in facts.tables)})


PROBES = (Probe("partitions", ServerKind.POSTGRES, PartitionsFacts, ask_partitions, every=EVERY, timeout=TIMEOUT),)
