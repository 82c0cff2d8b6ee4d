"""Operations on a Redis Cluster of a test's own, through the real runner, and its keys as an application sees them."""

from typing import Any

from redis.cluster import ClusterNode, RedisCluster

from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.ports import HOST
from tests.redis_servers import PASSWORD, Node

KEYS = 600

_clients: dict[int, Any] = {}


def client(nodes: list[Node]) -> Any:
    port = nodes[0].port
    if port not in _clients:
        starts = [ClusterNode(HOST, node.port) for node in nodes[:3]]  # type: ignore[no-untyped-call]
        _clients[port] = RedisCluster(startup_nodes=starts, password=PASSWORD, decode_responses=True)
    return _clients[port]


def all_there(nodes: list[Node]) -> bool:
    return all(client(nodes).get(f"key:{number}") == str(number) for number in range(KEYS))


def queued(person: MakePerson, kind: str, **parameters: Any) -> Operation:
    operator = person("operator")
    operation = planned(person, kind, **parameters)
    assert operation.status == Status.PLANNED, operation.outcome
    services.confirm(operation, operator, operation.plan.confirm)
    operation.refresh_from_db()
    return operation if operation.status == Status.QUEUED else services.approve(operation, person("approver"))


def planned(person: MakePerson, kind: str, **parameters: Any) -> Operation:
    return services.request(kind, parameters, person("operator"), "Maintenance of a server.")


def done(person: MakePerson, kind: str, **parameters: Any) -> Operation:
    operation = queued(person, kind, **parameters)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.DONE, [operation.outcome, *operation.lines.values_list("text", flat=True)]
    return operation


def fill(nodes: list[Node]) -> None:
    for number in range(KEYS):
        client(nodes).set(f"key:{number}", number)
