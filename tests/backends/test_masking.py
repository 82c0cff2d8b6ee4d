"""Statements for the record hold no values."""

import pytest

from shards.backends.masking import LONGEST, masked


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT * FROM t1 WHERE name = 'O''Brien' AND n = 42", "SELECT * FROM t1 WHERE name = ? AND n = ?"),
        (r"SELECT E'it\'s', 1.5e3, -7, $1", "SELECT ?, ?, ?, $1"),
        ("SELECT $tag$ a 'secret' $tag$, $$ b $$", "SELECT ?, ?"),
        ("INSERT /* pw=hush */ INTO t -- token 7\nVALUES ('cut off secr", "INSERT INTO t VALUES (?"),
        ("SELECT $x$ cut off", "SELECT ?"),
        ('SELECT "col 1", c2 FROM s3.t4', 'SELECT "col 1", c2 FROM s3.t4'),
        ("SELECT '-- no comment', 3", "SELECT ?, ?"),
        ("SELECT 1 -- it's\n, 'secret'", "SELECT ? , ?"),
        ("", ""),
    ],
)
def test_values_are_question_marks(statement: str, shown: str) -> None:
    assert masked(statement) == shown


def test_it_is_short() -> None:
    assert len(masked("x" * 5000)) == LONGEST
