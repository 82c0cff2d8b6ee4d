"""What a member's own PostgreSQL says of the files that it would lead with: checksums, its disk, its slots."""

from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel, ConfigDict

from metrics.contract import Snapshot
from novaops.inventory.targets import Target
from shards.clients.postgres import sessions
from shards.disk import disk_bytes
from shards.exceptions import ShardError
from shards.replication.disk_space import SpaceFacts, means_no_space
from shards.replication.facts import PostgresFacts
from shards.replication.switchover.order import ASK_SECONDS, members

DATA = """
SELECT current_setting('data_checksums') = 'on' AS checksums,
    (SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database)::bigint AS checksum_failures,
    ARRAY(
        SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary ORDER BY 1
    ) AS logical_slots
"""
# Looks at every file: asked only where it can be compared with something.
USED = """
SELECT (SELECT sum(pg_tablespace_size(oid)) FROM pg_tablespace)::bigint
    + (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())::bigint AS used_bytes
"""


class FilesFacts(BaseModel):
    """`problem` is the sentence when it did not say; `full` its words when it cannot write for want of room.
    `checksum_failures` of all its databases since its statistics began; None: not known."""

    model_config = ConfigDict(frozen=True)

    problem: str = ""
    full: str = ""
    checksums: bool | None = None
    checksum_failures: int | None = None
    used_bytes: int | None = None
    disk_bytes: int | None = None
    logical_slots: tuple[str, ...] = ()


def files_of(shard: str, stored: Snapshot) -> dict[str, FilesFacts]:
    """By member, asked at the same time. One whose disk is full may still answer that: the collectors have tried."""
    targets = members("postgres", shard)
    with ThreadPoolExecutor(max(1, len(targets)), "files") as threads:
        asked = dict(zip((one.name for one in targets), threads.map(_files, targets), strict=True))
    known = stored_files(shard, stored)
    return {
        name: said if said.full or name not in known else said.model_copy(update={"full": known[name].full})
        for name, said in asked.items()
    }


def stored_files(shard: str, stored: Snapshot) -> dict[str, FilesFacts]:
    """The same as far as it was stored, by member; asks nobody."""
    full = {seen.server.name: facts.said for seen, facts in stored.facts(SpaceFacts, shard) if seen.reachable}
    return {
        seen.server.name: FilesFacts(
            full=full.get(seen.server.name, ""),
            checksums=facts.checksums,
            checksum_failures=facts.checksum_failures,
            logical_slots=tuple(slot.name for slot in facts.slots if slot.kind == "logical" and not slot.temporary),
        )
        for seen, facts in stored.facts(PostgresFacts, shard)
    }


def _files(target: Target) -> FilesFacts:
    disk = disk_bytes(target.options)
    try:
        with sessions.open(target, ASK_SECONDS) as session:
            said = FilesFacts.model_validate({**(session.execute(DATA).fetchone() or {}), "disk_bytes": disk})
            return said if disk is None else said.model_copy(update=session.execute(USED).fetchone() or {})
    except ShardError as problem:
        words = str(problem)
        return FilesFacts(problem=words, full=words if means_no_space(words) else "", disk_bytes=disk)
