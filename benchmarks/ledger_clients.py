"""Clients of a ledger in a process of their own, as applications are: `python -m benchmarks.ledger_clients FILE` reads
where to write from its input, works until that ends, and leaves what was acknowledged in the file."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from shards.placement.places import Place, PoolAddress
from shards.placement.router import Router
from tests.moves.ledger.clients import Record, at_work

CONNECTIONS = 12


@dataclass(frozen=True, slots=True)
class Orders:
    """How many clients each tenant has, and on which shard it is at which epoch when they begin."""

    pools: Mapping[str, PoolAddress]
    places: Mapping[str, tuple[str, int]]
    clients: Mapping[str, int]
    every: float

    def written(self) -> bytes:
        return (
            json.dumps({**asdict(self), "pools": {name: asdict(one) for name, one in self.pools.items()}}) + "\n"
        ).encode()


@contextmanager
def working(orders: Orders, file: Path) -> Iterator[dict[str, Record]]:
    """What is yielded is filled when the block is left."""
    program = [sys.executable, "-m", "benchmarks.ledger_clients", str(file)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    records: dict[str, Record] = {}
    assert process.stdin and process.stdout
    try:
        process.stdin.write(orders.written())
        process.stdin.flush()
        assert process.stdout.readline() == b"at work\n", "the clients did not start"
        yield records
    finally:
        process.stdin.close()
        process.wait(60)
    records.update(pickle.loads(file.read_bytes()))  # noqa: S301 (our own process wrote it)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    pools = {name: PoolAddress(**one) for name, one in told["pools"].items()}
    places = {tenant: Place(tenant, *place) for tenant, place in told["places"].items()}
    router = Router(places.get, pools, connections=CONNECTIONS)
    with at_work(router, told["clients"], told["every"]) as records:
        print("at work", flush=True)
        sys.stdin.read()
    Path(sys.argv[1]).write_bytes(pickle.dumps(records))


if __name__ == "__main__":
    main()
