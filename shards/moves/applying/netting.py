"""What many changes come to for each row, so that many rows are written by one statement. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shards.moves.applying.changes import Change, Cleared, Key, Values
from shards.moves.tables import Table

ALWAYS = "always"
Row = tuple[Key, Values]


@dataclass(slots=True)
class Net:
    """`existed`: the row was there before. `values` is None when it is gone afterwards."""

    existed: bool
    values: Values | None
    complete: bool


@dataclass(slots=True)
class Effect:
    """Rows of one table that are written in one way, by key. `kind` is `delete`, `update`, `insert` or `put` (whether
    or not it is there); `strict`: each has to find exactly its row."""

    kind: str
    table: Table
    rows: list[Row]
    strict: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """All rows of an effect have the same."""
        return tuple(self.rows[0][1])


@dataclass(slots=True)
class Group:
    """Changes that may be netted, or a single one that may not."""

    changes: list[Change] = field(default_factory=list)
    alone: Change | Cleared | None = None


def settable(table: Table) -> bool:
    """Whether an UPDATE may set all that is no key: a column that is GENERATED ALWAYS AS IDENTITY takes no value."""
    return all(column.identity != ALWAYS or column.name in table.key for column in table.columns)


def grouped(changes: Sequence[Change | Cleared]) -> Iterator[Group]:
    """In order. Alone is what empties tables, and a row that moves without all of its values being known."""
    group = Group()
    for change in changes:
        if isinstance(change, Change) and not _alone(change):
            group.changes.append(change)
            continue
        if group.changes:
            yield group
            group = Group()
        yield Group(alone=change)
    if group.changes:
        yield group


def _alone(change: Change) -> bool:
    if change.complete:
        return False
    return change.old is None or change.moves or not settable(change.table)


def net(changes: Sequence[Change]) -> dict[str, tuple[Table, dict[Key, Net]]]:
    """By table, then by key. Rows keep the order in which they were touched first."""
    tables: dict[str, tuple[Table, dict[Key, Net]]] = {}
    for change in changes:
        table = change.table
        known = tables.get(table.full_name)
        if known is None:
            known = tables[table.full_name] = (table, {})
        _add(known[1], change)
    return tables


def _add(rows: dict[Key, Net], change: Change) -> None:
    old, new = change.old, change.new
    if old is not None and old != new:
        gone = rows.get(old)
        if gone is None:
            rows[old] = Net(True, None, True)
        else:
            gone.values, gone.complete = None, True
    if new is None:
        return
    before = rows.get(new)
    if before is None:
        rows[new] = Net(old == new, change.values, change.complete)
    elif change.complete or before.values is None:
        before.values, before.complete = change.values, change.complete
    else:
        before.values = {**before.values, **change.values}


def effects(changes: Sequence[Change], lenient: bool) -> Iterator[Effect]:
    """Of each table first what goes, then what changes, then what comes: so a value that has to be unique is free
    before another row takes it, nearly always."""
    for table, rows in net(changes).values():
        yield from _lenient(table, rows) if lenient else _strict(table, rows)


def _strict(table: Table, rows: dict[Key, Net]) -> Iterator[Effect]:
    again = not settable(table)
    kept = [(key, one) for key, one in rows.items() if one.existed and one.values is not None]
    gone: list[Row] = [(key, {}) for key, one in rows.items() if one.existed and (one.values is None or again)]
    made = [(key, one.values) for key, one in rows.items() if one.values is not None and (again or not one.existed)]
    yield from _effect("delete", table, gone)
    if not again:
        yield from _updates(table, kept)
    yield from _effect("insert", table, made)


def _lenient(table: Table, rows: dict[Key, Net]) -> Iterator[Effect]:
    """Whole rows are written whatever is there. Of others nobody knows the rest, if they are not there."""
    again = not settable(table)
    whole = [(key, one.values) for key, one in rows.items() if one.values is not None and one.complete]
    parts = [(key, one) for key, one in rows.items() if not one.complete]
    gone: list[Row] = [(key, {}) for key, one in rows.items() if one.values is None or again]
    yield from _effect("delete", table, gone, strict=False)
    yield from _updates(table, parts)
    yield from _effect("insert" if again else "put", table, whole, strict=again)


def _effect(kind: str, table: Table, rows: list[Row], strict: bool = True) -> Iterator[Effect]:
    if rows:
        yield Effect(kind, table, rows, strict)


def _updates(table: Table, rows: list[tuple[Key, Net]]) -> Iterator[Effect]:
    """One for each set of columns that are known."""
    several: dict[frozenset[str], list[Row]] = {}
    for key, one in rows:
        if one.values is not None:
            several.setdefault(frozenset(one.values), []).append((key, one.values))
    for known in several.values():
        yield Effect("update", table, known)
