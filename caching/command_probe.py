"""How long a Redis node takes: for a PING from here, and for each command by its own count."""

from caching.asking import asking
from caching.clients.redis import RedisNode
from caching.clients.redis_replies import CommandStat, LatencyEvent
from caching.exceptions import Refused
from caching.facts import RedisCommandsFacts
from metrics.contract import Answer
from novaops.inventory.targets import Target

COMMANDS_EVERY = 15.0
SHOWN, PLOTTED = 25, 6


@asking
def ask_redis_commands(target: Target) -> Answer:
    node = RedisNode(target)
    commands = node.commands()[:SHOWN]
    facts = RedisCommandsFacts(ping_ms=round(node.ping_ms(), 3), commands=commands, events=_events(node))
    return Answer(facts, {"ping_ms": facts.ping_ms, **values(commands)})


def _events(node: RedisNode) -> tuple[LatencyEvent, ...]:
    """A user that may read INFO may be refused this one."""
    try:
        return node.events()
    except Refused:
        return ()


def values(commands: tuple[CommandStat, ...]) -> dict[str, float]:
    """`get:calls_total` and `get:exec_us_total` of those that took most time."""
    return {
        name: value
        for one in commands[:PLOTTED]
        for name, value in (
            (f"{one.name}:calls_total", float(one.calls_total)),
            (f"{one.name}:exec_us_total", float(one.microseconds_total)),
        )
    }
