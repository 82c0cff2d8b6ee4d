"""Changes that come twice, with a copy and by the stream: parts are copied at any moment, while rows change their keys
and take each other's unique values, and the stream is behind. What comes out is what the sender has, exactly."""

import os
import random
from dataclasses import dataclass, field

import pytest
from django_tenants.utils import tenant_context
from psycopg import sql

from novaops.fleets.models import Fleet
from shards.fences import writing
from shards.moves.applying import rows
from shards.moves.applying.applier import Applier
from shards.moves.sessions import receiving, sending
from shards.moves.tables import Table
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing
from tests.moves.writing import DDL, KEYS, Writer

STREAM = two_shards.own_schema("novaops_overlap_tests", 900_103)
PARTS = 4
# NOVAOPS_SEEDS=7,8,9 tries these.
SEEDS = [int(seed) for seed in os.environ.get("NOVAOPS_SEEDS", "1,2").split(",")]
STEPS = 160


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_beside_a_stream(live_fleet: Fleet, seed: int) -> None:
    print(f"seed {seed}")
    with tenant_context(live_fleet), flowing(STREAM, DDL) as flow:
        flow.sender.execute("SET search_path = novaops_overlap_tests")
        chance = random.Random(seed)
        writer = Writer(flow.sender, chance)
        for _ in range(60):
            writer.transaction()
        flow.begin()
        with flow.applier(copying=True) as applier:
            run = Run(flow, writer, applier, chance)
            for _ in range(STEPS):
                run.go_on()
            while run.left:
                run.copy()
        with flow.applier() as applier:
            applier.until(flow.now())
            assert flow.different() == {}
            for _ in range(60):
                writer.transaction()
            applier.until(flow.now())
        assert flow.different() == {}


@dataclass
class Run:
    flow: Flow
    writer: Writer
    applier: Applier
    chance: random.Random
    positions: list[int] = field(default_factory=list)
    left: list[tuple[Table, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = [(table, part) for table in self.flow.tables for part in range(PARTS)]
        self.chance.shuffle(self.left)

    def go_on(self) -> None:
        what = self.chance.random()
        if what < 0.75:
            self.writer.transaction()
            self.positions.append(self.flow.now())
        elif what < 0.9 and self.left:
            self.copy()
        elif self.positions:
            reached = self.chance.randrange(len(self.positions))
            self.applier.until(self.positions[reached])
            del self.positions[: reached + 1]

    def copy(self) -> None:
        """A part of a table, as whoever copies does it: from one snapshot, and nothing is applied meanwhile."""
        table, part = self.left.pop()
        with sending(self.flow.stream, 60) as sender, receiving(self.flow.stream, 60) as receiver:
            columns = sql.SQL(", ").join(
                sql.SQL("{0}::text AS {0}").format(sql.Identifier(column.name)) for column in table.written
            )
            low, high = KEYS * part // PARTS, KEYS * (part + 1) // PARTS
            within = sql.SQL("id > {} AND id <= {}").format(sql.Literal(low), sql.Literal(high))
            with writing(receiver, self.flow.context):
                found = sender.execute(
                    sql.SQL("SELECT {} FROM {} WHERE {}").format(columns, table.identifier, within)
                ).fetchall()
                receiver.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, within))
                for row in found:
                    rows.replace(receiver, self.flow.stream, table, tuple(row[name] for name in table.key), row)
                for _ in range(self.chance.randint(0, 3)):
                    self.writer.transaction()
                position = sender.execute(rows.INSERTED).fetchone()
                assert position is not None
                receiver.execute(rows.RAISE, (position["position"], self.flow.stream.name))
