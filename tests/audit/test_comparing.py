"""Before and after, value by value."""

from typing import Any

import pytest

from novaops.audit.comparing import Difference, compare


@pytest.mark.parametrize(
    ("before", "after", "differences", "same"),
    [
        ({"a": 1, "b": "x"}, {"a": 2, "b": "x"}, [("a", "1", "2")], 1),
        ({}, {"a": {"b": "new"}}, [("a.b", None, "new")], 0),
        (None, {"a": None}, [("a", None, "null")], 0),
        ({"a": {"b": 1, "c": 2}}, {}, [("a.b", "1", None), ("a.c", "2", None)], 0),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a[1]", "2", "3")], 1),
        ({"a": [1]}, {"a": [1, 2]}, [("a", "[1]", "[1, 2]")], 0),
        ({"a": {"b": 1}}, {"a": 5}, [("a", '{"b": 1}', "5")], 0),
        ("low", "high", [("value", "low", "high")], 0),
        ({"a": False}, {"a": False}, [], 1),
    ],
)
def test_each_value_that_differs_is_named_by_its_path(
    before: Any, after: Any, differences: list[tuple[str, str | None, str | None]], same: int
) -> None:
    found = compare(before, after)
    assert found.differences == tuple(Difference(*one) for one in differences)
    assert found.same == same


def test_what_came_what_went_and_what_changed_have_words() -> None:
    words = {one.path: one.word for one in compare({"a": 1, "b": 1}, {"a": 2, "c": 1}).differences}
    assert words == {"a": "changed", "b": "removed", "c": "added"}
