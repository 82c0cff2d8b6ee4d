"""Creating one partition: made aside like its siblings, dressed like them, then attached, in one transaction.

CREATE TABLE ... PARTITION OF locks the parent against everybody; ATTACH PARTITION lets its reads and writes go on.
Where there is a default partition, PostgreSQL locks that one while it makes sure that no row of it belongs to the new
partition."""

from typing import Any, Protocol

from psycopg import sql
from psycopg.sql import Composable, Composed, Identifier, Literal

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import mark, writing
from shards.partitions.catalog import statement


class Wanted(Protocol):
    """A partition to be created; `bound` is its FOR VALUES clause."""

    @property
    def schema_name(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def bound(self) -> Composable: ...


def create(session: Session, context: StepContext, parent: tuple[str, str], piece: Wanted, like: str) -> None:
    """Creates and attaches the partition; `like` is the sibling that gives its owner, options, row security, grants.
    Its comment names the operation."""
    new = Identifier(piece.schema_name, piece.name)
    named = {"schema": piece.schema_name, "table": like}
    dress = session.execute(statement("dress"), named).fetchone()
    with writing(session, context):
        session.execute(_create(new, Identifier(*parent), dress or {}))
        session.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(new, Literal(str(mark(context)))))
        for command in (
            *_row_security(new, dress or {}),
            *_policies(session, new, named),
            *_grants(session, new, named),
        ):
            session.execute(command)
        session.execute(_attach(Identifier(*parent), new, piece))
        if dress and dress["owner"] != session.info.user:
            session.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(new, Identifier(dress["owner"])))


def _create(new: Identifier, parent: Identifier, dress: dict[str, Any]) -> Composed:
    """Indexes, foreign keys and triggers come with the attachment; an identity column's sequence stays the parent's."""
    command: Composed = sql.SQL(
        "CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY EXCLUDING STATISTICS"
        " EXCLUDING COMMENTS)"
    ).format(new, parent)
    options = [option.partition("=") for option in dress.get("options", ())]
    if options:
        pairs = [sql.SQL("{} = {}").format(Identifier(name), Literal(value)) for name, _, value in options]
        command += sql.SQL(" WITH ({})").format(sql.SQL(", ").join(pairs))
    if dress.get("tablespace"):
        command += sql.SQL(" TABLESPACE {}").format(Identifier(dress["tablespace"]))
    return command


def _row_security(new: Identifier, dress: dict[str, Any]) -> list[Composed]:
    wanted = [("row_security", "ENABLE"), ("forced_row_security", "FORCE")]
    return [
        sql.SQL("ALTER TABLE {} {} ROW LEVEL SECURITY").format(new, sql.SQL(verb))
        for name, verb in wanted
        if dress.get(name)
    ]


def _policies(session: Session, new: Identifier, like: dict[str, str]) -> list[Composed]:
    return [_policy(new, row) for row in session.execute(statement("policies"), like).fetchall()]


def _policy(new: Identifier, row: dict[str, Any]) -> Composed:
    """The expressions are PostgreSQL's own text of the sibling's policy."""
    command: Composed = sql.SQL("CREATE POLICY {} ON {} AS {} FOR {} TO {}").format(
        Identifier(row["name"]),
        new,
        sql.SQL("PERMISSIVE" if row["permissive"] else "RESTRICTIVE"),
        sql.SQL(row["command"]),
        sql.SQL(", ").join(_role(name) for name in row["roles"]),
    )
    for clause, expression in (("USING", row["visible"]), ("WITH CHECK", row["writable"])):
        if expression:
            command += sql.SQL(" {} ({})").format(sql.SQL(clause), sql.SQL(expression))
    return command


def _grants(session: Session, new: Identifier, like: dict[str, str]) -> list[Composed]:
    return [
        sql.SQL("GRANT {} ON {} TO {}{}").format(
            sql.SQL(row["privilege"]),
            new,
            _role(row["role"]),
            sql.SQL(" WITH GRANT OPTION" if row["grantable"] else ""),
        )
        for row in session.execute(statement("grants"), like).fetchall()
    ]


def retire(session: Session, parent: tuple[str, str], partition: tuple[str, str]) -> None:
    """Inside a transaction that holds the parent's lock: the partition and what came with it are gone."""
    table, own = Identifier(*parent), Identifier(*partition)
    session.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(table, own))
    session.execute(sql.SQL("DROP TABLE {}").format(own))


def _role(name: str) -> Composable:
    return Identifier(name) if name else sql.SQL("PUBLIC")


def _attach(parent: Identifier, new: Identifier, piece: Wanted) -> Composed:
    return sql.SQL("ALTER TABLE {} ATTACH PARTITION {} {}").format(parent, new, piece.bound)
