"""Whether a standby that does not stream still can write: its log cannot be read from here, and one whose disk is full
goes on answering over the connections that it has."""

from metrics.contract import Answer, Facts, Probe, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.postgres import sessions
from shards.exceptions import ShardError

NAME = "postgres-space"
TIMEOUT = 3.0
# What PostgreSQL says to whom it cannot serve because nothing can be written.
NO_SPACE = ("No space left on device", "could not write init file", "could not extend file", "Disk quota exceeded")
ALOOF = b"""SELECT pg_is_in_recovery()
    AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS aloof"""
# A sort that needs more than one WAL segment (16 MiB) of temporary files; nothing of it stays.
WRITE = b"""BEGIN READ ONLY; SET LOCAL work_mem = '64kB';
SELECT count(*) FROM (SELECT repeat('x', 1000) || n FROM generate_series(1, 18000) AS n ORDER BY 1 OFFSET 0) AS sorted;
COMMIT"""


class SpaceFacts(Facts):
    """`said`: PostgreSQL's words where it could not write; empty where it could, or was not asked to."""

    said: str = ""


def means_no_space(text: str) -> bool:
    return any(words in text for words in NO_SPACE)


@asking
def ask_space(target: Target) -> Answer:
    try:
        with sessions.open(target, TIMEOUT) as session:
            row = session.execute(ALOOF).fetchone()
            if row and row["aloof"]:
                session.execute(WRITE)
    except ShardError as problem:
        if not means_no_space(str(problem)):
            raise
        return Answer(SpaceFacts(said=str(problem)), {}, State.DEGRADED, str(problem))
    return Answer(SpaceFacts())


PROBE = Probe(NAME, ServerKind.POSTGRES, SpaceFacts, ask_space)
