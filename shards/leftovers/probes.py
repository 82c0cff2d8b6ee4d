"""What is asked of every shard's leader: catalogs every minute, rows every five."""

from metrics.contract import Answer, Probe
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.postgres import sessions
from shards.leftovers.looking import look
from shards.leftovers.looking_rows import look_at_rows
from shards.leftovers.traces import LeftoversFacts, RowsFacts

EVERY, ROWS_EVERY, TIMEOUT = 60.0, 300.0, 30.0


@asking
def ask_leftovers(target: Target) -> Answer:
    with sessions.open(target, TIMEOUT) as session:
        return Answer(look(session, target))


@asking
def ask_rows(target: Target) -> Answer:
    with sessions.open(target, TIMEOUT) as session:
        return Answer(look_at_rows(session))


PROBES = (
    Probe("leftovers", ServerKind.POSTGRES, LeftoversFacts, ask_leftovers, every=EVERY, timeout=TIMEOUT),
    Probe("leftover-rows", ServerKind.POSTGRES, RowsFacts, ask_rows, every=ROWS_EVERY, timeout=TIMEOUT),
)
