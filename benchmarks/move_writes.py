"""Updates of a tenant's rows at a steady pace, from a process of their own: `python -m benchmarks.move_writes` reads
what to write from its input and goes on until that ends."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from psycopg import sql

SESSIONS, ROWS = 8, 2_000
IDS = "SELECT id FROM {} WHERE tenant_id = {} LIMIT {}"
UPDATE = "UPDATE {} SET state_id = state_id WHERE tenant_id = %s AND id = %s"


@dataclass(frozen=True, slots=True)
class Orders:
    """How many updates a second of the tenant's `vms_hot` in this schema; `server` as psycopg connects to it."""

    server: Mapping[str, Any]
    home: str
    tenant: str
    a_second: float


@dataclass
class Written:
    a_second: float = field(default=0.0)


@contextmanager
def writing(orders: Orders) -> Iterator[Written]:
    """What is yielded says, when the block is left, how many updates a second were committed."""
    written = Written()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.move_writes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    try:
        process.stdin.write(json.dumps(asdict(orders)) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "at work\n", "the writers did not start"
        began = time.monotonic()
        yield written
    finally:
        process.stdin.close()
        told = process.stdout.read()
        process.wait(60)
    written.a_second = int(told) / (time.monotonic() - began)


def main() -> None:
    orders, stopped, counts = Orders(**json.loads(sys.stdin.readline())), threading.Event(), [0] * SESSIONS
    threads = [threading.Thread(target=_write, args=(orders, number, stopped, counts)) for number in range(SESSIONS)]
    for thread in threads:
        thread.start()
    print("at work", flush=True)
    sys.stdin.read()
    stopped.set()
    for thread in threads:
        thread.join()
    print(sum(counts), flush=True)


def _write(orders: Orders, number: int, stopped: threading.Event, counts: list[int]) -> None:
    table = sql.Identifier(orders.home, "vms_hot")
    with psycopg.connect(**orders.server, autocommit=True) as session:
        asked = sql.SQL(IDS).format(table, sql.Literal(orders.tenant), sql.Literal(ROWS))
        ids = [row[0] for row in session.execute(asked)][number::SESSIONS]
        update = sql.SQL(UPDATE).format(table)
        every, due = SESSIONS / orders.a_second, time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            session.execute(update, (orders.tenant, ids[counts[number] % len(ids)]))
            counts[number] += 1
            due = max(due + every, time.monotonic() - 1.0)


if __name__ == "__main__":
    main()
