"""How the tables of a tenant differ between two shards. Pure."""

from collections.abc import Iterable, Mapping

from shards.moves.facts import Difference

# (table, what) of an object, such as ("vms", "column name"), and its definition.
Objects = Mapping[tuple[str, str], str]


def differences(here: Objects, there: Objects) -> tuple[Difference, ...]:
    """A table that one side does not have is one difference, not one for each of its columns."""
    tables, others = _tables(here), _tables(there)
    missing = [Difference(table=name, what="table", here="there", there="") for name in sorted(tables - others)]
    extra = [Difference(table=name, what="table", here="", there="there") for name in sorted(others - tables)]
    both = tables & others
    keys = sorted(key for key in here.keys() | there.keys() if key[0] in both and here.get(key) != there.get(key))
    found = (Difference(table=key[0], what=key[1], here=here.get(key, ""), there=there.get(key, "")) for key in keys)
    return (*missing, *extra, *found)


def _tables(objects: Iterable[tuple[str, str]]) -> set[str]:
    return {table for table, _ in objects}
