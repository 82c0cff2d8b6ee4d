"""Eight clients that write through a pool, or by turns through several, in a process of their own, as applications do:
`python -m tests.replication.pool_clients FILE` reads the addresses from its input, writes until that ends, leaves in
the file what was acknowledged and what failed. The times are the machine's monotonic seconds, the same everywhere."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from novaops.inventory.targets import Target
from tests.ending import tied
from tests.waiting import wait_for

CLIENTS, EVERY = 8, 0.01
TABLE = "novaops_written_through_the_pool"
CREATE = f"CREATE TABLE IF NOT EXISTS {TABLE} (client int, number int, PRIMARY KEY (client, number))"
DROP = f"DROP TABLE IF EXISTS {TABLE}"
WRITE = f"INSERT INTO {TABLE} VALUES (%s, %s)"


@dataclass(slots=True)
class Written:
    """`acknowledged`: client, number and when; `errors`: when, and what the client was told."""

    acknowledged: list[tuple[int, int, float]] = field(default_factory=list)
    errors: list[tuple[float, str]] = field(default_factory=list)

    def gap_ms(self, since: float, until: float) -> float:
        """The longest time without any acknowledged write."""
        times = sorted(at for _, _, at in self.acknowledged)
        found = [1000 * (later - at) for at, later in pairwise(times) if later > since and at < until]
        return round(max(found), 1)

    def lost(self, present: set[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(client, number) for client, number, _ in self.acknowledged if (client, number) not in present]


@contextmanager
def writing(pool: Target, leader: Target, *others: Target) -> Iterator[Written]:
    """What is yielded is filled when the block is left, and holds the rows that are there by then."""
    entries = [_dsn(*_through(one, leader)) for one in (pool, *others)]
    with psycopg.connect(_dsn(leader, leader.database), autocommit=True) as owner:
        owner.execute(DROP)
        owner.execute(CREATE)
    written = Written()
    with TemporaryDirectory(prefix="novaops-clients-") as folder:
        file = Path(folder) / "written"
        process = _started(file, entries)
        try:
            wait_for(lambda: file.exists(), "clients that write", every=0.02)
            yield written
        finally:
            process.communicate(b"", timeout=60)
        told = json.loads(file.read_text())
        written.acknowledged[:] = [(client, number, at) for client, number, at in told["acknowledged"]]
        written.errors[:] = [(at, said) for at, said in told["errors"]]


def present(pool: Target, leader: Target) -> set[tuple[int, int]]:
    """What a client finds through the pool; the table goes with it."""
    entry, database = _through(pool, leader)
    with psycopg.connect(_dsn(entry, database), autocommit=True) as session:
        found = set(session.execute(f"SELECT client, number FROM {TABLE}").fetchall())
        session.execute(DROP)
    return {(client, number) for client, number in found}


def _through(pool: Target, leader: Target) -> tuple[Target, str]:
    """The pool's database for writes, with the console's login; said here, as clients know nothing of Django."""
    return replace(pool, login=leader.login), pool.options.get("primary", "primary")


def _started(file: Path, dsns: Sequence[str]) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "tests.replication.pool_clients", str(file)]
    process = subprocess.Popen(tied(program), stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(dsns).encode() + b"\n")
    process.stdin.flush()
    return process


def _dsn(target: Target, database: str) -> str:
    login = f"{target.login.username}:{target.login.password}"
    return f"postgresql://{login}@{target.address}/{database}?connect_timeout=60&application_name=pool-clients"


class _Client(threading.Thread):
    def __init__(self, number: int, dsn: str, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.dsn, self.over = number, dsn, over
        self.written = Written()
        self.begun = threading.Event()

    def run(self) -> None:
        count = 0
        while not self.over.is_set():
            try:
                with psycopg.connect(self.dsn, autocommit=True, prepare_threshold=None) as session:
                    while not self.over.wait(EVERY):
                        count += 1
                        session.execute(WRITE, (self.number, count))
                        self.written.acknowledged.append((self.number, count, time.monotonic()))
                        self.begun.set()
            except psycopg.Error as problem:
                self.written.errors.append((time.monotonic(), str(problem).strip()))
                self.over.wait(EVERY)


def main(file: Path, dsns: Sequence[str], ended: Iterator[str]) -> None:
    over = threading.Event()
    clients = [_Client(number, dsns[number % len(dsns)], over) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.begun.wait(60)
    file.touch()
    for _ in ended:
        pass
    over.set()
    for client in clients:
        client.join(60)
    file.write_text(json.dumps(_told(clients)))


def _told(clients: Sequence[_Client]) -> dict[str, object]:
    return {
        "acknowledged": [row for client in clients for row in client.written.acknowledged],
        "errors": [row for client in clients for row in client.written.errors],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.stdin.readline()), iter(sys.stdin))
