"""One backend as its server tells of it, and as the pool in front does."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Pooled(_Frozen):
    """The pool that the connection is one of, and its client at the moment, if it has one."""

    pool: str
    database: str = ""
    client: str = ""


class Backend(_Frozen):
    """`query` is masked. `own_role`: the role that the console itself signs in with. Seconds are None where there is no
    statement or transaction."""

    pid: int
    started: datetime
    user: str = ""
    superuser: bool = False
    own_role: bool = False
    database: str = ""
    application: str = ""
    client: str = ""
    kind: str = ""
    state: str = ""
    waits_for: str = ""
    statement_started: datetime | None = None
    statement_seconds: float | None = None
    transaction_seconds: float | None = None
    query: str = ""
    slot: str = ""
    slot_kind: str = ""
    blocked_by: tuple[int, ...] = ()
    locks: tuple[str, ...] = ()
    blocks: tuple[dict[str, Any], ...] = ()

    @property
    def is_client(self) -> bool:
        return self.kind == "client backend"

    @property
    def is_sender(self) -> bool:
        return self.kind == "walsender"

    @property
    def reads_logically(self) -> bool:
        return self.is_sender and self.slot_kind == "logical"

    @property
    def of_patroni(self) -> bool:
        return self.application.startswith("Patroni")


class BackendFacts(_Frozen):
    """`problem` is set when the server did not answer; `backend` is None when no process has that number. One that
    began at another time is another session."""

    server: str
    shard: str = ""
    problem: str = ""
    backend: Backend | None = None
    pooled: Pooled | None = None
