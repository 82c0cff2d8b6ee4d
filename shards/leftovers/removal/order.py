"""In which order rows can be deleted that refer to each other. Pure."""

from collections.abc import Iterable, Mapping


def children_first(tables: Iterable[str], refers_to: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Each table before those that it refers to; by name where it does not matter. What refers in a circle comes last:
    PostgreSQL then says which row is in the way."""
    left, ordered = sorted(tables), list[str]()
    while left:
        wanted = {target for table in left for target in refers_to.get(table, ()) if target != table}
        free = [table for table in left if table not in wanted] or left
        ordered += free
        left = [table for table in left if table not in free]
    return tuple(ordered)
