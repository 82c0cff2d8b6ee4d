"""Parts are copied at different moments: a value that has to be unique may be in two of them."""

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.moves import chunks
from shards.moves.copying import indexes
from shards.moves.copying.copy import copy
from shards.moves.sessions import sending
from shards.moves.throttle import Unhindered
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_uniques_tests", 900_107)
DDL = """
    CREATE TABLE people (id integer PRIMARY KEY, email text UNIQUE, age integer);
    CREATE INDEX by_age ON people (age);
    CREATE TABLE rooms (id integer PRIMARY KEY, span int4range, EXCLUDE USING gist (span WITH &&));
"""


class Meanwhile(Unhindered):
    """Before each part but the first: values of rows that were copied go to rows that were not."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._number = flow, 0

    def pass_on(self, size: int) -> None:
        if size == 0:
            self._number += 1
            low, high = 10 * self._number - 15, 10 * self._number - 5
            if low > 0:
                self._flow.sender.execute("DELETE FROM people WHERE id = %s", (low,))
                self._flow.sender.execute("UPDATE people SET email = %s WHERE id = %s", (str(low), high))
                self._flow.sender.execute("UPDATE rooms SET span = 'empty' WHERE id = %s", (low,))
                self._flow.sender.execute(
                    "UPDATE rooms SET span = int4range(%s, %s) WHERE id = %s", (low, low + 1, high)
                )


def test_a_unique_value_that_moves_on_while_parts_are_copied(
    live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "ROWS", 10)
    with tenant_context(live_fleet), flowing(STREAM, DDL) as flow:
        flow.sender.execute("SET search_path = novaops_uniques_tests")
        flow.sender.execute("INSERT INTO people SELECT n, n::text, n FROM generate_series(1, 60) n")
        flow.sender.execute("INSERT INTO rooms SELECT n, int4range(n, n + 1) FROM generate_series(1, 60) n")
        flow.begin()
        copied = copy(flow.context, flow.stream, flow.tables, Meanwhile(flow), workers=1)
        assert copied.rows > 100
        with flow.applier() as applier:
            applier.until(flow.now())
        assert flow.different() == {}
        with sending(flow.stream, 60) as sender:
            aside = {index.name for index in indexes.all_of(sender, flow.stream.schema_name)}
        assert aside == {"by_age"}
