"""What a member's Patroni says of itself. It answers that at once, also when it cannot say what the cluster is."""

from metrics.contract import Answer, Facts, Probe
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Status

NAME = "patroni-itself"


class PatroniItselfFacts(Facts):
    status: Status


@asking
def ask_patroni_itself(target: Target) -> Answer:
    return Answer(PatroniItselfFacts(status=Patroni(target).status()))


PROBE = Probe(NAME, ServerKind.PATRONI, PatroniItselfFacts, ask_patroni_itself)
