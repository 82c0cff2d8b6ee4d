"""Measurements beside the ledger's lines, in a hypertable: its chunks come while clients write. Each is written
with its line, and is one more in the total of its client, a row of the oldest chunk."""

from collections.abc import Iterable, Iterator, Mapping

from tests.moves.ledger.clients import Record
from tests.moves.ledger.tables import GRANTED, Leader

NAME = "ledger_measured"
KNOWN = "SELECT FROM pg_extension WHERE extname = 'timescaledb'"
CREATE = """
    CREATE TABLE {} (tenant_id text, client integer, number bigint, at timestamptz, value bigint NOT NULL,
        PRIMARY KEY (tenant_id, client, number, at))
"""
CUT = "SELECT public.create_hypertable(%s::regclass, 'at'::name, chunk_time_interval => interval '1 day')"
TOTALS = "INSERT INTO {} SELECT %s, client, 0, '2026-01-01 00:00+00', 0 FROM generate_series(0, %s - 1) AS client"
# In place of the clients' own: what was written already stays as it is, and is counted once. A chunk every 96 lines.
APPEND = b"""
    WITH written AS (
        INSERT INTO ledger_lines (tenant_id, client, number)
        VALUES (current_setting('novaops.tenant_id'), %(client)s, %(number)s)
        ON CONFLICT DO NOTHING
        RETURNING tenant_id, client, number
    ), measured AS (
        INSERT INTO ledger_measured (tenant_id, client, number, at, value)
        SELECT tenant_id, client, number, timestamptz '2026-01-01 00:00+00' + number * interval '15 minutes', number
        FROM written
    ), counted AS (
        UPDATE ledger_measured AS total SET value = value + 1
        FROM written
        WHERE total.tenant_id = written.tenant_id AND total.client = written.client AND total.number = 0
            AND total.at = timestamptz '2026-01-01 00:00+00'
    )
    SELECT current_setting('novaops.epoch')::int
"""
WITHOUT = """
    SELECT count(*), min(format('%%s of client %%s', number, client))
    FROM (
        SELECT client, number FROM {home}.{one} WHERE tenant_id = %(tenant)s AND number > 0
        EXCEPT ALL SELECT client, number FROM {home}.{other} WHERE tenant_id = %(tenant)s AND number > 0
    ) AS alone
"""
WRONG = """
    SELECT count(*), min(client) FROM {home}.ledger_measured
    WHERE tenant_id = %(tenant)s AND number > 0
        AND (value <> number OR at <> timestamptz '2026-01-01 00:00+00' + number * interval '15 minutes')
"""
COUNTED = """
    SELECT client, sum(value) FILTER (WHERE number = 0)::bigint, count(*) FILTER (WHERE number > 0)
    FROM {home}.ledger_measured WHERE tenant_id = %(tenant)s
    GROUP BY client
    HAVING sum(value) FILTER (WHERE number = 0) IS DISTINCT FROM count(*) FILTER (WHERE number > 0)
    ORDER BY client
"""
CHUNKS = "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass(%s)"
OF_THE_TENANT = "SELECT count(*) FROM {table} WHERE tenant_id = %s"


def possible(leaders: Iterable[Leader]) -> bool:
    """Whether all shards have TimescaleDB."""
    return all(leader.execute(KNOWN).fetchone() is not None for leader in leaders)


def create(leaders: Iterable[Leader], home: str = "public") -> None:
    """Empty, under row-level security and guarded by gates, as the ledger."""
    table = f'"{home}".{NAME}'
    for leader in leaders:
        drop([leader], home)
        leader.execute(CREATE.format(table).encode())
        leader.execute(CUT, (table,))
        leader.execute("SELECT novaops_schema.protect(%s::regclass, %s)", (table, GRANTED))


def drop(leaders: Iterable[Leader], home: str = "public") -> None:
    for leader in leaders:
        leader.execute(f'DROP TABLE IF EXISTS "{home}".{NAME}'.encode())


def open_totals(leader: Leader, tenant: str, clients: int, home: str = "public") -> None:
    """On the tenant's shard."""
    leader.execute(TOTALS.format(f'"{home}".{NAME}').encode(), (tenant, clients))


def chunks(leader: Leader, home: str = "public") -> int:
    row = leader.execute(CHUNKS, (f'"{home}".{NAME}',)).fetchone()
    return int(row[0]) if row else 0


def check(record: Record, leaders: Mapping[str, Leader], shard: str, home: str = "public") -> Iterator[str]:
    """What is wrong when the clients have stopped, beside what `checking.check` finds: it knows of the lines which of
    them have to be there."""
    leader, values, schema = leaders[shard], {"tenant": record.tenant}, f'"{home}"'
    for one, other in (("ledger_lines", NAME), (NAME, "ledger_lines")):
        query = WITHOUT.format(home=schema, one=one, other=other)
        count, example = leader.execute(query.encode(), values).fetchone() or (0, "")
        if count:
            yield f"{count} rows of {one} are not as often in {other}, such as {example}."
    count, client = leader.execute(WRONG.format(home=schema).encode(), values).fetchone() or (0, "")
    if count:
        yield f"{count} measurements have other values than were written, such as of client {client}."
    for client, total, there in leader.execute(COUNTED.format(home=schema).encode(), values):
        yield f"{there} measurements of client {client} are there, and {total} were counted."
    for name, elsewhere in leaders.items():
        if name != shard and (count := _rows(elsewhere, f"{schema}.{NAME}", record.tenant)):
            yield f"{name} still has {count} measurements of {record.tenant}."


def _rows(leader: Leader, table: str, tenant: str) -> int:
    if leader.execute("SELECT to_regclass(%s)", (table,)).fetchone() == (None,):
        return 0
    row = leader.execute(OF_THE_TENANT.format(table=table).encode(), (tenant,)).fetchone()
    return int(row[0]) if row else 0
