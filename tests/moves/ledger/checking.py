"""What must hold when the clients have stopped, on whatever shard the tenant is then."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from tests.moves.ledger.clients import Record, transfer_of
from tests.moves.ledger.tables import ACCOUNTS, BALANCE, NAMES, Leader

# What each account should have, by the transfers that are there.
WRONG_BALANCES = """
    WITH moved AS (
        SELECT payer AS id, -amount AS amount FROM {home}.ledger_transfers WHERE tenant_id = %(tenant)s
        UNION ALL SELECT payee, amount FROM {home}.ledger_transfers WHERE tenant_id = %(tenant)s
    )
    SELECT account.id, balance, %(first)s + coalesce(sum(amount), 0)
    FROM {home}.ledger_accounts AS account
    LEFT JOIN moved USING (id)
    WHERE tenant_id = %(tenant)s
    GROUP BY account.id, balance
    HAVING balance <> %(first)s + coalesce(sum(amount), 0)
"""


def check(
    record: Record,
    leaders: Mapping[str, Leader],
    shard: str,
    also_on: Collection[str] = (),
    homes: Mapping[str, str] | None = None,
) -> list[str]:
    """What is wrong, in sentences; empty when all is well. The tenant should be on `shard`; `also_on` are shards that
    may have rows of it too, as a way back is open. `homes`: the schemas of the tenant's tables, by shard."""
    homes = homes or {}
    leader, home = leaders[shard], f'"{homes.get(shard, "public")}"'
    return [
        *(f"A user saw an error: {error}" for error in record.errors),
        *_balances(record, leader, home),
        *_lines(record, leader, home),
        *_transfers(record, leader, home),
        *(
            wrong
            for name, other in leaders.items()
            if name != shard and name not in also_on
            for wrong in _elsewhere(record, name, other, homes.get(name, "public"))
        ),
    ]


def _balances(record: Record, leader: Leader, home: str) -> Iterator[str]:
    total = f"SELECT count(*), coalesce(sum(balance), 0)::bigint FROM {home}.ledger_accounts WHERE tenant_id = %s"
    row = leader.execute(total.encode(), (record.tenant,)).fetchone()
    if row != (ACCOUNTS, ACCOUNTS * BALANCE):
        yield f"There should be {ACCOUNTS} accounts with {ACCOUNTS * BALANCE} in all, and there are {row}."
    values = {"tenant": record.tenant, "first": BALANCE}
    for account, balance, right in leader.execute(WRONG_BALANCES.format(home=home).encode(), values):
        yield f"Account {account} has {balance}, and by its transfers it should have {right}."


def _lines(record: Record, leader: Leader, home: str) -> Iterator[str]:
    """A client writes a line only when the one before was acknowledged: without gaps means in order, and one more than
    was acknowledged may be there."""
    query = f"SELECT client, number FROM {home}.ledger_lines WHERE tenant_id = %s ORDER BY client, number"
    found = leader.execute(query.encode(), (record.tenant,)).fetchall()
    doubled = [line for line, times in Counter(found).items() if times > 1]
    if doubled:
        yield f"{len(doubled)} lines are there twice, such as {doubled[0]}."
    for client in range(record.clients):
        numbers = [number for of, number in found if of == client]
        acknowledged = max((write.number for write in record.writes if write.client == client), default=0)
        missing = sorted(set(range(1, acknowledged + 1)) - set(numbers))
        if missing:
            yield f"{len(missing)} acknowledged lines of client {client} are lost, such as {missing[0]}."
        if numbers and numbers[-1] > acknowledged + 1:
            yield f"Client {client} has line {numbers[-1]}, and only {acknowledged} were acknowledged."


def _transfers(record: Record, leader: Leader, home: str) -> Iterator[str]:
    """Of a number whose next one was begun, both the line and the transfer were acknowledged."""
    query = f"SELECT id FROM {home}.ledger_transfers WHERE tenant_id = %s"
    found = {row[0] for row in leader.execute(query.encode(), (record.tenant,))}
    written = Counter((write.client, write.number) for write in record.writes)
    lost = [key for key, times in written.items() if times == 2 and transfer_of(record.tenant, *key) not in found]
    if lost:
        yield f"{len(lost)} acknowledged transfers are lost, such as client and number {lost[0]}."


def _elsewhere(record: Record, shard: str, leader: Leader, home: str) -> Iterator[str]:
    for name in NAMES:
        known = leader.execute("SELECT to_regclass(%s)", (f'"{home}".{name}',)).fetchone()
        if known == (None,):
            continue
        query = f'SELECT count(*) FROM "{home}".{name} WHERE tenant_id = %s'
        row = leader.execute(query.encode(), (record.tenant,)).fetchone()
        if row != (0,):
            yield f"{shard} still has rows of {record.tenant} in {name}: {row and row[0]}."
