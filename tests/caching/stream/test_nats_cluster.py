"""A cluster of NATS: what it stored survives the death of any of its servers, also of the one that leads the stream."""

from pathlib import Path

from caching.clients import jetstream
from caching.clients.jetstream import JetStream
from caching.exceptions import NoAnswer
from caching.stream.names import ROLLUPS
from caching.stream.notices import Notice
from caching.stream.road import Road
from tests.caching.stream.samples import notice
from tests.nats_servers import Node, cluster
from tests.waiting import wait_for


def published(road: Road, *lsns: int) -> bool:
    """False while the servers choose another leader; what is published again is stored once."""
    try:
        road.publish([notice("acme", lsn) for lsn in lsns])
    except NoAnswer:
        return False
    return True


def told(road: Road, count: int) -> list[int]:
    found: list[int] = []

    def all_told() -> bool:
        several = road.fetch(ROLLUPS, 500, 1.0)
        found.extend(Notice.unpack(one.data).lsn for one in several)
        road.jetstream.acknowledge(several)
        return len(found) >= count

    wait_for(all_told, f"{count} notices")
    return found


def test_a_cluster_keeps_everything_when_the_leader_of_the_stream_dies(tmp_path: Path) -> None:
    with cluster(tmp_path, jetstream.REPLICAS) as nodes:
        road = Road("proof", JetStream([node.target for node in nodes]))
        born = wait_for(road.build, "the stream to be made")
        leader = wait_for(lambda: leading(nodes, road), "every server to have everything")
        assert leader is not None and published(road, 1, 2, 3)
        leader.kill()
        wait_for(lambda: published(road, 3, 4), "the others to store")
        assert told(road, 4) == [1, 2, 3, 4]
        assert wait_for(road.build, "the stream to be found") == born, "it is the same stream"
        road.close()


def test_a_stream_of_one_server_gets_its_replicas_when_others_join(tmp_path: Path) -> None:
    with cluster(tmp_path, jetstream.REPLICAS) as nodes:
        targets = [node.target for node in nodes]
        alone, together = (Road("proof", JetStream(several)) for several in (targets[:1], targets))
        born = wait_for(alone.build, "the stream to be made for one server")
        assert published(alone, 1) and leading(nodes, alone) is None
        assert wait_for(together.build, "it to have its replicas") == born
        wait_for(lambda: leading(nodes, together), "every server to have everything")
        for road in (alone, together):
            road.close()


def leading(nodes: list[Node], road: Road) -> Node | None:
    """The server that leads the stream, when all others have all of it."""
    return next((node for node in nodes if node.followed(road.stream, len(nodes) - 1)), None)
