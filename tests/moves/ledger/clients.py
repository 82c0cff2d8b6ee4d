"""Clients of the ledger: threads that write one thing after the other and keep what was acknowledged."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid5

import psycopg

from shards.placement.router import Router
from tests.moves.ledger.tables import ACCOUNTS

# Both may be repeated: what was written already stays as it is. The epoch says where it was written.
APPEND = b"""
    WITH written AS (
        INSERT INTO ledger_lines (tenant_id, client, number)
        VALUES (current_setting('novaops.tenant_id'), %(client)s, %(number)s)
        ON CONFLICT DO NOTHING
    )
    SELECT current_setting('novaops.epoch')::int
"""
TRANSFER = b"""
    WITH once AS (
        INSERT INTO ledger_transfers (tenant_id, id, payer, payee, amount)
        VALUES (current_setting('novaops.tenant_id'), %(id)s, %(payer)s, %(payee)s, %(amount)s)
        ON CONFLICT DO NOTHING
        RETURNING id
    ), locked AS (
        SELECT id FROM ledger_accounts WHERE id IN (%(payer)s, %(payee)s) ORDER BY id FOR UPDATE
    ), moved AS (
        UPDATE ledger_accounts AS account
        SET balance = balance + CASE account.id WHEN %(payee)s THEN %(amount)s ELSE -%(amount)s END
        FROM locked
        WHERE account.id = locked.id AND EXISTS (SELECT FROM once)
    )
    SELECT current_setting('novaops.epoch')::int
"""
TRANSFERS = UUID("5f0c9e4e-6f0e-4a53-9f6a-0d8d1d4d7a10")
WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Write:
    """Acknowledged. Times are those of time.monotonic; `tries` is above 1 where the router tried again."""

    client: int
    number: int
    began: float
    ended: float
    epoch: int
    tries: int

    @property
    def milliseconds(self) -> float:
        return (self.ended - self.began) * 1000


@dataclass
class Record:
    """Of one tenant. Client and number name a line and a transfer each; `errors` are what clients got to see."""

    tenant: str
    clients: int
    writes: list[Write] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def transfer_of(tenant: str, client: int, number: int) -> UUID:
    return uuid5(TRANSFERS, f"{tenant} {client} {number}")


@contextmanager
def at_work(
    router: Router, clients: Mapping[str, int], every: float = 0.02, append: bytes = APPEND
) -> Iterator[dict[str, Record]]:
    """So many clients for each tenant, each of which begins a write every so many seconds, if it can. `append` is how
    they write a line. What is yielded grows meanwhile and is complete afterwards."""
    records = {tenant: Record(tenant, number) for tenant, number in clients.items()}
    stopped = Event()
    threads = [
        Thread(target=_work, args=(router, record, client, every, append, stopped), name=f"{record.tenant} {client}")
        for record in records.values()
        for client in range(record.clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield records
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _work(router: Router, record: Record, client: int, every: float, append: bytes, stopped: Event) -> None:
    random, number, due = Random(client), 0, time.monotonic()
    while not stopped.wait(max(0.0, due - time.monotonic())):
        number, due = number + 1, max(due + every, time.monotonic())
        for statement, values in (
            (append, {"client": client, "number": number}),
            (TRANSFER, _transfer(record.tenant, client, number, random)),
        ):
            try:
                record.writes.append(_write(router, record.tenant, client, number, statement, values))
            except Exception as error:  # what an application's user would see
                record.errors.append(f"client {client}, write {number}: {type(error).__name__}: {error}")
                return


def _transfer(tenant: str, client: int, number: int, random: Random) -> dict[str, Any]:
    payer, payee = random.sample(range(1, ACCOUNTS + 1), 2)
    amount = random.randint(1, 100)
    return {"id": transfer_of(tenant, client, number), "payer": payer, "payee": payee, "amount": amount}


def _write(router: Router, tenant: str, client: int, number: int, statement: bytes, values: dict[str, Any]) -> Write:
    tries = 0

    def work(connection: psycopg.Connection) -> int:
        nonlocal tries
        tries += 1
        row = connection.execute(statement, values).fetchone()
        assert row
        return int(row[0])

    began = time.monotonic()
    epoch = router.run(tenant, work, within=WITHIN)
    return Write(client, number, began, time.monotonic(), epoch, tries)
