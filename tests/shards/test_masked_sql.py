"""Nothing that was typed is kept of a statement."""

import pytest

from shards.masked_sql import LONGEST, masked


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT * FROM vms WHERE name = 'it''s mine' AND id = 42", "SELECT * FROM vms WHERE name = '…' AND id = ?"),
        ("ALTER USER a PASSWORD 'cut off in the mid", "ALTER USER a PASSWORD '…'"),
        (r"SELECT E'a\'b', 1.5e3, .5 FROM t2", "SELECT '…', ?, ? FROM t2"),
        ("SELECT $tag$ it's $tag$, $$x", "SELECT '…', '…'"),
        ('SELECT "it\'s".a, $1 FROM p_2026', 'SELECT "it\'s".a, $1 FROM p_2026'),
        ("SELECT 1 -- for ada@example.org\n/* key=7 */ FROM t", "SELECT ? FROM t"),
        ("SELECT x'ff', N'a'", "SELECT '…', '…'"),
        ("<insufficient privilege>", "<insufficient privilege>"),
        ("", ""),
    ],
)
def test_masked(query: str, shown: str) -> None:
    assert masked(query) == shown


def test_what_is_long_is_cut_on_one_line() -> None:
    shown = masked("SELECT a,\n   b " * 100)
    assert len(shown) == LONGEST and shown.endswith("…") and "\n" not in shown
