"""A writer whose rows stand in each other's way: few keys, few unique values, long ones that are stored out of line."""

import random

import psycopg

from tests.moves.flowing import Leader

KEYS, NAMES = 30, 24
DDL = """
    CREATE TABLE plain (id integer PRIMARY KEY, name text UNIQUE, code integer, long text, note text);
    ALTER TABLE plain ALTER long SET STORAGE EXTERNAL;
    CREATE UNIQUE INDEX ON plain (lower(note), (code % 7)) WHERE code > 10;
    CREATE TABLE parts (id integer, at integer, place integer, long text, note text, PRIMARY KEY (id, at))
        PARTITION BY RANGE (at);
    ALTER TABLE parts ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (3);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (3) TO (6);
    CREATE UNIQUE INDEX ON parts (at, place);
    CREATE TABLE counted (id integer PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, name text UNIQUE,
        long text, twice integer GENERATED ALWAYS AS (id * 2) STORED);
    ALTER TABLE counted ALTER long SET STORAGE EXTERNAL;
    CREATE TABLE spans (id integer PRIMARY KEY, span int4range, note text, EXCLUDE USING gist (span WITH &&));
    CREATE TABLE whole (id integer PRIMARY KEY, name text UNIQUE NULLS NOT DISTINCT, long text);
    ALTER TABLE whole ALTER long SET STORAGE EXTERNAL;
    ALTER TABLE whole REPLICA IDENTITY FULL;
"""
PLAIN = (
    "INSERT INTO plain VALUES (:key, :name, :number, :long, :name) ON CONFLICT DO NOTHING",
    "UPDATE plain SET name = :name WHERE id = :key",
    "UPDATE plain SET name = :name, note = :name WHERE id = :key",
    "UPDATE plain SET code = :number WHERE id = :key",
    "UPDATE plain SET long = :long WHERE id = :key",
    "UPDATE plain SET id = :other WHERE id = :key",
    "UPDATE plain SET id = :other, name = :name, long = :long WHERE id = :key",
    "DELETE FROM plain WHERE id = :key",
    "UPDATE plain SET note = note || 'x' WHERE id % 3 = :key % 3 AND length(note) < 12",
)
OTHERS = (
    "INSERT INTO parts VALUES (:key, :key % 6, :number % 9, :long, :name) ON CONFLICT DO NOTHING",
    "UPDATE parts SET at = :other % 6 WHERE id = :key",
    "UPDATE parts SET place = :number % 9 WHERE id = :key",
    "UPDATE parts SET note = :name WHERE id = :key",
    "DELETE FROM parts WHERE id = :key",
    "INSERT INTO counted (id, name, long) VALUES (:key, :name, :long) ON CONFLICT DO NOTHING",
    "UPDATE counted SET name = :name WHERE id = :key",
    "UPDATE counted SET number = DEFAULT WHERE id = :key",
    "UPDATE counted SET id = :other WHERE id = :key",
    "DELETE FROM counted WHERE id = :key",
    "INSERT INTO spans VALUES (:key, int4range(:number, :number + 2), :name) ON CONFLICT DO NOTHING",
    "UPDATE spans SET span = int4range(:number, :number + 2) WHERE id = :key",
    "UPDATE spans SET id = :other WHERE id = :key",
    "DELETE FROM spans WHERE id = :key",
    "INSERT INTO whole VALUES (:key, :name, :long) ON CONFLICT DO NOTHING",
    "INSERT INTO whole VALUES (:key, NULL, :long) ON CONFLICT DO NOTHING",
    "UPDATE whole SET name = :name WHERE id = :key",
    "UPDATE whole SET id = :other WHERE id = :key",
    "DELETE FROM whole WHERE id = :key",
)
REFUSED = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation)


class Writer:
    """`chance` decides everything, so that a seed tells a whole run."""

    def __init__(self, session: Leader, chance: random.Random) -> None:
        self._session, self._chance = session, chance

    def transaction(self, most: int = 6) -> None:
        """Some changes in one transaction; what a constraint refuses is taken back alone."""
        with self._session.transaction(force_rollback=self._chance.random() < 0.1):
            for _ in range(self._chance.randint(1, most)):
                self._change()

    def _change(self) -> None:
        statement = self._chance.choice(self._chance.choice((PLAIN, OTHERS)))
        values = {
            "key": str(self._chance.randint(1, KEYS)),
            "other": str(self._chance.randint(1, KEYS)),
            "number": str(self._chance.randint(1, 40)),
            "name": f"'name {self._chance.randint(1, NAMES)}'",
            "long": f"repeat('{self._chance.randint(0, 10**9)}', 400)",
        }
        for name, value in values.items():
            statement = statement.replace(f":{name}", value)
        try:
            with self._session.transaction():
                self._session.execute(statement.encode())
        except REFUSED:
            pass
