"""A slot as its server tells of it, who reads from it, and who may need it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Reader(_Frozen):
    pid: int
    user: str = ""
    superuser: bool = False
    application: str = ""
    client: str = ""
    started: datetime | None = None

    def __str__(self) -> str:
        return (
            f"Process {self.pid} ({self.user or 'nobody'}, {self.application or 'unnamed'}, {self.client or 'local'})"
        )


class SlotFacts(_Frozen):
    """`restart_lsn` as PostgreSQL writes it; `lost_by` is why it is invalid, where it is and the server tells."""

    name: str
    kind: str
    plugin: str = ""
    database: str = ""
    temporary: bool = False
    wal_status: str = ""
    restart_lsn: str = ""
    confirmed_lsn: str = ""
    held_bytes: int | None = None
    xid_age: int | None = None
    lost_by: str = ""
    reader: Reader | None = None

    @property
    def identity(self) -> dict[str, str]:
        """As the sweeper's: what must still be so when it goes."""
        return {"kind": self.kind, "plugin": self.plugin, "database": self.database}


class DropFacts(_Frozen):
    """`problem`: the server did not answer. `slot` is None when there is none of that name. `members`, `permanent` and
    `ignored` are Patroni's, None when it did not say. `needed_by`: the operation or subscription that it is for."""

    server: str
    shard: str = ""
    problem: str = ""
    leads: bool = True
    fenced: bool = True
    slot: SlotFacts | None = None
    members: frozenset[str] | None = None
    permanent: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    origin: str = ""
    needed_by: str = ""
